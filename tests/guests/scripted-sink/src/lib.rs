//! Does what its script says: `o` prints `NAME SEQUENCE CONTENT-TYPE PAYLOAD` and is ready for more, `p` prints it and
//! asks for a pause. An empty content type is printed as `-`. `complete` prints `NAME complete`.

use script::Script;
use torvyn::{Element, Error, Signal, Sink};

struct ScriptedSink {
    script: Script,
}

#[torvyn::component]
impl Sink for ScriptedSink {
    fn init(config: String) -> Result<Self, Error> {
        let script = Script::init(&config, "op")?;
        Ok(ScriptedSink { script })
    }

    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        let signal = match self.script.act()? {
            'p' => Signal::Pause,
            _ => Signal::Ready,
        };
        let (name, sequence, payload) = (&self.script.name, element.sequence(), element.payload().text()?);
        let content_type = match element.content_type() {
            "" => "-",
            some => some,
        };
        println!("{name} {sequence} {content_type} {payload}");
        Ok(signal)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("{} complete", self.script.name);
        Ok(())
    }
}
