// A source: the words of a text, each as JSON with its number of letters. Config: `{"text": "…"}`.
//
// It is a source because componentize-qjs (0.4 and 0.5) gives borrowed handles back in post-return, after the call, when
// the component model no longer allows any: every stage that takes elements would trap.

import allocator from "torvyn:streaming/buffer-allocator@0.1.0";

let words;

export const lifecycle = {
    init(config) {
        try {
            words = JSON.parse(config).text.split(" ").values();
        } catch (error) {
            throw { tag: "invalid-input", val: `the config has no text: ${error.message}` };
        }
    },
    teardown() {},
};

export const source = {
    pull() {
        const { value: word, done } = words.next();
        if (done) {
            return null;
        }
        const meta = { sequence: 0, timestampNs: 0, contentType: "" };
        return { meta, payload: buffer(JSON.stringify([word, [...word].length])) };
    },
    notifyBackpressure() {},
};

function buffer(text) {
    const bytes = utf8(text);
    // `using`: a handle is given up here and now, not when garbage is collected.
    using made = allocator.allocate(bytes.length);
    made.setContentType("application/json");
    made.append(bytes);
    return made.freeze();
}

// QuickJS has no `TextEncoder`.
function utf8(text) {
    return Uint8Array.from(unescape(encodeURIComponent(text)), (byte) => byte.charCodeAt(0));
}
