"""Pictures that real vLLM keeps: a name says what the picture says; a miss costs one request."""

import numpy as np
import pytest

from annotators.chat.endpoints import Endpoints
from annotators.chat.protocol import ChatRequest, data_url, picture_part, text_part
from flows.model.server import model_server
from flows.store.png import encode_png
from schemas.settings.config import RunConfig
from tests.doubles import real_vllm


def turn(picture, number):
    """A turn about a picture that demands a text."""
    first = {"role": "user", "content": [picture_part(*picture), text_part("Look at it.")]}
    more = [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": f"Say {number}."}]
    return ChatRequest([first, *more], max_tokens=12)


@pytest.mark.slow  # a real vLLM server is started
def test_real_vllm_takes_a_name_for_a_picture(tmp_path):
    """Named pictures give the texts of sent ones; one that it never had is refused and sent."""
    model = tmp_path / "tiny"
    real_vllm.python(real_vllm.SHIM / "tiny_internvl.py", model)
    config = RunConfig.load(real_vllm.config(tmp_path, model))
    rng = np.random.default_rng(3)
    pictures = [
        data_url(encode_png(rng.integers(0, 256, (768, 1024, 3)).astype(np.uint8)))
        for _ in range(2)
    ]
    with model_server(config, lambda line: None) as served:
        answers = served.answers
        pool = Endpoints(answers.endpoints, "tiny", retries=0)
        whole = [pool.line().complete(turn(pictures[0], n)).text for n in range(3)]
        line = pool.line()
        line.complete(turn(pictures[0], 9))
        named = [line.complete(turn(pictures[0], n)).text for n in range(3)]
        assert named == whole
        assert pool.counts["pictures_sent_again"] == 0
        assert pool.keeps(line._client, line._endpoint)
        line._sent.add((line._endpoint, pictures[1][1]))
        assert line.complete(turn(pictures[1], 1)).text
        assert pool.counts["pictures_sent_again"] == 1
        requests = pool.counts["requests"]
        assert line.complete(turn(pictures[1], 2)).text
        assert pool.counts["requests"] == requests + 1
        pool.close()
