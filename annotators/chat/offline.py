"""vLLM in this process, for a node without a server; behind the same protocol as an endpoint.

Many conversations ask at once, each waits for its answer; one thread collects what is waiting and
hands it to the engine as one batch.
"""

import os
import queue
import threading
from concurrent.futures import Future
from typing import Any, NamedTuple

from annotators.chat.protocol import ChatRequest, Completion
from annotators.chat.serving import ServeOptions
from schemas.errors import AnnotationError, ConfigError

GATHER_SECONDS = 0.02


class _Waiting(NamedTuple):
    request: ChatRequest
    answer: "Future[Completion]"


class OfflineModel:
    """A vLLM engine and the thread that feeds it.

    Args:
        model: Folder or hub name.
        options: As for a server.
        most: Largest batch.

    Raises:
        ConfigError: vLLM is not installed or cannot load the model.
    """

    def __init__(self, model: str, options: ServeOptions, most: int = 256) -> None:
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        try:
            import vllm
        except ImportError as error:
            raise ConfigError(
                f"--answers vllm-offline needs {error.name or 'vllm'}: "
                "pip install 'iqa-spider[vllm]' in an environment of its own"
            ) from None
        self.name, self._most = options.served_name or model, most
        try:
            self._engine = vllm.LLM(model=model, **options.engine_arguments())
        except (OSError, ValueError, RuntimeError) as error:
            line = str(error).strip().splitlines()[0][:160]
            raise ConfigError(f"vLLM cannot load {model!r}: {line}") from None
        self._waiting: queue.Queue[_Waiting] = queue.Queue()
        threading.Thread(target=self._work, name="vllm", daemon=True).start()

    def line(self) -> "OfflineModel":
        """The engine itself; it has one prefix cache for all."""
        return self

    def close(self) -> None:
        """Nothing to let go of."""

    def complete(self, request: ChatRequest) -> Completion:
        """See ``Line``."""
        waiting = _Waiting(request, Future())
        self._waiting.put(waiting)
        return waiting.answer.result()

    def _work(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < self._most:
                try:
                    batch.append(self._waiting.get(timeout=GATHER_SECONDS))
                except queue.Empty:
                    break
            self._answer(batch)

    def _answer(self, batch: list[_Waiting]) -> None:
        """A batch at once; when the engine refuses it, one by one, to find out which it was."""
        try:
            outputs = self._chat([waiting.request for waiting in batch])
        except Exception as error:  # noqa: BLE001  # whoever waits must hear of it
            if len(batch) == 1:
                # vLLM has an error of its own for what it will not take, which is no ValueError.
                refused = isinstance(error, (ValueError, TypeError))
                refused |= "Validation" in type(error).__name__
                line = " ".join(str(error).split())[:160]
                batch[0].answer.set_exception(
                    AnnotationError("refused_request", line) if refused else error
                )
                return
            for waiting in batch:
                self._answer([waiting])
            return
        for waiting, output in zip(batch, outputs, strict=True):
            waiting.answer.set_result(_completion(output))

    def _chat(self, requests: list[ChatRequest]) -> list[Any]:
        from vllm import SamplingParams
        from vllm.sampling_params import StructuredOutputsParams

        parameters = [
            SamplingParams(
                temperature=request.temperature,
                max_tokens=request.max_tokens,
                seed=request.seed,
                structured_outputs=StructuredOutputsParams(json=request.schema)
                if request.schema
                else None,
            )
            for request in requests
        ]
        conversations = [request.messages for request in requests]
        outputs: list[Any] = self._engine.chat(conversations, parameters, use_tqdm=False)
        return outputs


def _completion(output: Any) -> Completion:
    said = output.outputs[0]
    return Completion(
        said.text,
        said.finish_reason or "stop",
        len(output.prompt_token_ids or ()),
        len(said.token_ids),
        output.num_cached_tokens or 0,
    )
