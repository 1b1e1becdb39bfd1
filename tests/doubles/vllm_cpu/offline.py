"""Asks vLLM in process through our own protocol; run by the interpreter that has vLLM.

Prints one JSON line: the texts of many conversations at once, of the same asked again alone, and
how a request that is too long is refused.
"""

import json
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

from annotators.chat.offline import OfflineModel
from annotators.chat.protocol import ChatRequest, picture_part, text_part
from annotators.chat.serving import ServeOptions
from schemas.errors import AnnotationError

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "minLength": 1, "maxLength": 24}},
    "required": ["answer"],
    "additionalProperties": False,
}


def png(red):
    """A red 32x32 PNG as a data URL, without any library."""
    import base64

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\0" + bytes((red, 10, 200 - red)) * 32) * 32
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
    data += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(data).decode()


def asked(number):
    content = [picture_part(png(10 * number)), text_part(f"Question {number}?")]
    return ChatRequest([{"role": "user", "content": content}], SCHEMA, max_tokens=60)


def main():
    engine = {
        "dtype": "float32",
        "enforce_eager": True,
        "kv_cache_memory_bytes": 256 << 20,
        "block_size": 32,
    }
    options = ServeOptions(max_model_len=1024, max_num_seqs=8, extra=tuple(engine.items()))
    model = OfflineModel(sys.argv[1], options)
    requests = [asked(number) for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(model.line().complete, requests))
    alone = [model.line().complete(request) for request in requests[:3]]
    try:
        model.line().complete(ChatRequest([{"role": "user", "content": "x " * 5000}]))
        refused = ""
    except AnnotationError as error:
        refused = error.reason
    print(
        json.dumps(
            {
                "together": texts(together),
                "alone": texts(alone),
                "tokens": together[0].prompt_tokens,
                "refused": refused,
            }
        )
    )


def texts(found):
    """Answers; a random model writes control characters, too."""
    return [json.loads(one.text, strict=False)["answer"] for one in found]


if __name__ == "__main__":
    main()
