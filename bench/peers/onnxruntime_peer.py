"""ONNX Runtime's dropout, as a peer of the benchmark."""

import peer

try:
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper
except ImportError as e:
    peer.missing("onnxruntime", e)


def model(p, n, seed):
    """Returns a model that is one Dropout in training mode."""
    node = helper.make_node("Dropout", ["x", "ratio", "training"], ["y", "mask"], seed=seed)
    graph = helper.make_graph(
        [node],
        "dropout",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [n])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [n]), helper.make_tensor_value_info("mask", TensorProto.BOOL, [n])],
        [helper.make_tensor("ratio", TensorProto.FLOAT, [], [p]), helper.make_tensor("training", TensorProto.BOOL, [], [True])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7).SerializeToString()


class ONNXRuntime(peer.Rival):
    name = "onnxruntime"
    about = "ONNX Runtime %s: Dropout of opset 13 in training mode, outputs bound to memory" % onnxruntime.__version__
    backward_needs = "mask"
    mask_bytes = 1
    ops = ("Forward",)  # the gradient is in builds for training only
    workers = 1

    def full(self, n, value):
        return np.full(n, value, dtype=np.float32)

    def ramp(self, n):
        return (np.arange(n) % 1024 - 511.5).astype(np.float32)

    def copy(self, dst, src):
        np.copyto(dst, src)

    def threads(self, n):
        self.workers = n
        return True

    def setup(self, p, n):
        super().setup(p, n)
        self.mask = np.zeros(n, dtype=bool)
        self.seed(1)

    def seed(self, seed):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.workers
        self.session = onnxruntime.InferenceSession(model(self.p, self.n, seed), options, providers=["CPUExecutionProvider"])
        self.bound = None

    def forward(self, dst, src):
        if self.bound != (id(dst), id(src)):
            self.bound, self.kept_alive = (id(dst), id(src)), (dst, src)
            self.binding = self.session.io_binding()
            for name, array, bind in (("x", src, self.binding.bind_input), ("y", dst, self.binding.bind_output), ("mask", self.mask, self.binding.bind_output)):
                bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        self.session.run_with_iobinding(self.binding)
        return dst


if __name__ == "__main__":
    peer.serve("onnxruntime", ["ONNX Runtime " + onnxruntime.__version__], [ONNXRuntime()])
