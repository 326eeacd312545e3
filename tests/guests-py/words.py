"""A processor: each line as JSON, its words with their number of letters. Config: `{"least": N}`, letters of the shortest
word that counts. A line without such words ends here; one that begins with a blank is refused."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import buffer_allocator
from wit_world.imports.types import (
    OutputElement,
    ProcessError_InvalidInput,
    ProcessResult_Drop,
    ProcessResult_Emit,
)

least = 0


class Lifecycle(exports.Lifecycle):
    def init(self, config):
        global least
        try:
            least = json.loads(config)["least"]
        except (ValueError, KeyError, TypeError) as error:
            raise Err(ProcessError_InvalidInput(f"the config has no least: {error!r}"))

    def teardown(self):
        pass


class Processor(exports.Processor):
    def process(self, input):
        # No `with`: what is lent goes back at the end of the call by itself, and would be given up twice.
        line = input.payload.read_all().decode()
        if line.startswith(" "):
            raise Err(ProcessError_InvalidInput("a line begins with a letter"))
        words = line.split()
        counted = {word: len(word) for word in words if len(word) >= least}
        if not counted:
            return ProcessResult_Drop()
        payload = buffer(json.dumps(counted, ensure_ascii=False).encode())
        return ProcessResult_Emit(OutputElement(input.meta, payload))


def buffer(text):
    # `with`: a handle is given up here and now, not when garbage is collected.
    with buffer_allocator.allocate(len(text)) as made:
        made.append(text)
        return made.freeze()
