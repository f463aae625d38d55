"""The works of bench/run, in its order."""

from .cluster import Ami, Kmeans, Neighbours, NeighboursLists, Pca
from .loss import Held, Js, Kl, KlClustered
from .machine import Fma, Gemm
from .network import Adam, Cnn, CnnBatchnorm, CnnBatchnormBfloat16, CnnBfloat16, Lstm
from .python import MlpEpoch
from .training import CnnMemory, Epoch, ViewsImages, ViewsStrokes

WORKS = {"fma": Fma, "gemm": Gemm, "kl": Kl, "kl-clustered": KlClustered, "js": Js, "held": Held, "lstm": Lstm,
         "cnn": Cnn, "cnn-batchnorm": CnnBatchnorm, "cnn-bfloat16": CnnBfloat16, "cnn-batchnorm-bfloat16":
         CnnBatchnormBfloat16, "cnn-memory": CnnMemory, "adam": Adam, "kmeans": Kmeans, "neighbours":
         Neighbours, "neighbours-lists": NeighboursLists, "ami": Ami, "pca": Pca, "epoch": Epoch,
         "views-strokes": ViewsStrokes, "views-images": ViewsImages, "mlp-epoch": MlpEpoch}
