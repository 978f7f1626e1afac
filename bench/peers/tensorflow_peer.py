"""Dropout of TensorFlow and Keras, as a peer of the benchmark."""

import os

import peer

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"

try:
    import keras
    import tensorflow as tf
except ImportError as e:
    peer.missing("tensorflow", e)

tf.get_logger().setLevel("ERROR")  # graphs are made anew for every seed, which it warns of

# Can't be changed later.
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


class TensorFlow(peer.Rival):
    """Runs what layer returns as a graph, as Keras does when it trains."""

    backward_needs = "mask"

    def full(self, n, value):
        return tf.fill([n], tf.constant(value, tf.float32))

    def ramp(self, n):
        return tf.cast(tf.range(n) % 1024, tf.float32) - 511.5

    def copy(self, dst, src):
        tf.raw_ops.DeepCopy(x=src)

    def plain(self, y):
        return y.numpy()

    def seed(self, seed):
        # Operations take their seeds when a graph is made.
        tf.random.set_seed(seed)
        self.graph = tf.function(self.layer(seed))

    def setup(self, p, n):
        super().setup(p, n)
        self.seed(1)

    def layer(self, seed):
        """Returns the function that drops."""
        raise NotImplementedError

    def forward(self, dst, src):
        return self.graph(src)

    def backward(self, dst, grad):
        if getattr(self, "made_for", None) != (self.p, self.n):
            self.made_for = (self.p, self.n)
            self.x = tf.Variable(grad)
            self.tape = tf.GradientTape(persistent=True)
            with self.tape:
                self.y = self.graph(self.x)
        return self.tape.gradient(self.y, self.x, output_gradients=grad)


class Dropout(TensorFlow):
    name = "tf-dropout"
    about = "TensorFlow %s: tf.nn.dropout, backward by GradientTape" % tf.__version__

    def layer(self, seed):
        return lambda x: tf.nn.dropout(x, self.p)


class Alpha(TensorFlow):
    name = "keras-alpha"
    ops = ("Alpha.Forward", "Alpha.Backward")

    def layer(self, seed):
        drop = keras.layers.AlphaDropout(self.p, seed=seed)
        return lambda x: drop(x, training=True)


class Gaussian(TensorFlow):
    name = "keras-gaussian"
    ops = ("Gaussian.Forward",)  # its backward keeps the noise, so it is no BackwardAt

    def layer(self, seed):
        drop = keras.layers.GaussianDropout(self.p, seed=seed)
        return lambda x: drop(x, training=True)


if __name__ == "__main__":
    peer.serve("tensorflow", ["TensorFlow " + tf.__version__, "Keras " + keras.__version__], [Dropout(), Alpha(), Gaussian()])
