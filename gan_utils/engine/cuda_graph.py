"""Record the work of one step as a CUDA graph, and replay it without Python."""

import torch

WARM_UP = 3  # calls before the recording: optimisers and cuDNN make up their minds


class Replay:
    """Call a function of tensors; after a few calls its GPU work is replayed.

    The first ``WARM_UP`` calls run as usual, on a side stream. The next one records
    every kernel with the memory it works on. From then on a call copies its inputs to
    where the recording reads them, and launches all kernels at once. Python inside the
    function no longer runs, and the outputs stand in the same tensors every time.

    Args:
        function: takes CUDA tensors whose shapes never change; returns CUDA tensors.
    """

    def __init__(self, function):
        self.function, self.calls = function, 0
        self.graph = self.inputs = self.outputs = None

    def __call__(self, *inputs):
        self.calls += 1
        if self.calls <= WARM_UP:
            return self._on_a_side_stream(inputs)
        if self.graph is None:
            self._record(inputs)
        for kept, new in zip(self.inputs, inputs):
            kept.copy_(new)
        self.graph.replay()
        return self.outputs

    def _on_a_side_stream(self, inputs):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            outputs = self.function(*inputs)
        torch.cuda.current_stream().wait_stream(stream)
        return outputs

    def _record(self, inputs):
        self.inputs = [x.clone() for x in inputs]
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.outputs = self.function(*self.inputs)
