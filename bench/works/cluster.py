"""Clusters, neighbours, scores and components of rows."""

import importlib.util

import numpy as np

from .base import Work


class Kmeans(Work):
    """KMeans, 10 starts, on rows around k overlapping centres."""
    sizes = ((10000, 64, 10), (50000, 15, 10))
    quick = ((1000, 15, 5),)
    lasts = 60
    size_names = "N D k"

    @staticmethod
    def peers(size):
        return ("sklearn_lloyd", "sklearn_elkan")

    def rows(self):
        n, d, k = self.size
        draw = np.random.default_rng(1)
        centres = draw.standard_normal((k, d), np.float32)
        return centres[draw.integers(k, size=n)] + draw.standard_normal((n, d), np.float32)

    def ours(self):
        x = self.rows()
        return lambda: {"inertia": self.library.kmeans(x, self.size[2], 0)}

    def in_sklearn(self, algorithm):
        from sklearn.cluster import KMeans
        x = self.rows()
        return lambda: {"inertia": KMeans(self.size[2], n_init=10, algorithm=algorithm,
                                          random_state=0).fit(x).inertia_}

    def sklearn_lloyd(self):
        return self.in_sklearn("lloyd")

    def sklearn_elkan(self):
        return self.in_sklearn("elkan")

    def worst(self, ours, theirs):
        """Ours may be lower; other draws of the starts may end elsewhere by a little."""
        return [("inertia, how much ours is higher", ours["inertia"] / theirs["inertia"] - 1, 1e-3)]


class Neighbours(Work):
    """The k nearest rows of each row, exactly, on rows in a hundred clusters."""
    sizes = ((50000, 384, 10),)
    quick = ((1000, 20, 5),)
    lasts = 400
    size_names = "N D k"
    tolerance = {"squared": 1e-5}

    @staticmethod
    def peers(size):
        return ("sklearn_brute", "faiss_flat") if importlib.util.find_spec("faiss") else ("sklearn_brute",)

    def amount(self):
        """As one dense product of all rows by all."""
        n, d, _ = self.size
        return 2e-9 * n * n * d, "GFLOP"

    def rows(self):
        n, d, _ = self.size
        draw = np.random.default_rng(1)
        centres = draw.standard_normal((100, d), np.float32)
        return centres[draw.integers(100, size=n)] + draw.standard_normal((n, d), np.float32)

    def ours(self):
        x = self.rows()
        return lambda: dict(zip(("found", "squared"), self.library.neighbours(x, self.size[2])))

    def sklearn_brute(self):
        from sklearn.neighbors import NearestNeighbors
        index = NearestNeighbors(n_neighbors=self.size[2], algorithm="brute").fit(self.rows())

        def run():
            distance, found = index.kneighbors()
            return {"found": found, "squared": distance ** 2}
        return run

    def faiss_flat(self):
        import faiss
        faiss.omp_set_num_threads(self.threads)
        x = self.rows()
        index = faiss.IndexFlatL2(x.shape[1])
        index.add(x)

        def run():
            """It finds each row itself first."""
            squared, found = index.search(x, self.size[2] + 1)
            return {"found": found[:, 1:], "squared": squared[:, 1:]}
        return run

    def worst(self, ours, theirs):
        """Distances that float32 cannot tell apart may change places."""
        other = float(np.mean(np.sort(ours["found"]) != np.sort(theirs["found"])))
        return [*super().worst(ours, theirs), ("share of other neighbours", other, 1e-3)]


class NeighboursLists(Neighbours):
    """The k nearest rows by inverted lists at a recall of 0.95, on rows of 32 dimensions laid into N D by a random
    map, in a thousand clusters. Building counts for all; the lists that faiss looks through (nprobe), the fewest
    that reach that recall, are chosen before the clock starts. The recall is that of 500 rows."""
    sizes = ((200000, 64, 10),)
    quick = ((4000, 20, 5),)
    lasts = 240
    wanted, looked_at, inner = 0.95, 500, 32

    @staticmethod
    def peers(size):
        return ("ours_exact", "faiss_ivf") if importlib.util.find_spec("faiss") else ("ours_exact",)

    def amount(self):
        return 0, ""

    def rows(self):
        n, d, _ = self.size
        draw = np.random.default_rng(1)
        centres = 2 * draw.standard_normal((1000, self.inner), np.float32)
        inner = centres[draw.integers(1000, size=n)] + draw.standard_normal((n, self.inner), np.float32)
        return np.ascontiguousarray(inner @ draw.standard_normal((self.inner, d), np.float32))

    def places(self):
        """The rows that recall is taken on."""
        return np.random.default_rng(2).choice(self.size[0], min(self.looked_at, self.size[0]), replace=False)

    def truth(self, x):
        """Their nearest rows, in double."""
        places, k, wide = self.places(), self.size[2], np.float64
        lengths = np.einsum("ij,ij->i", x, x, dtype=wide)
        away = lengths - 2 * x[places].astype(wide) @ x.astype(wide).T
        away[np.arange(len(places)), places] = np.inf
        return np.argpartition(away, k, axis=1)[:, :k]

    def recall(self, found, truth):
        met = (found[self.places()][:, :, None] == truth[:, None, :]).any(axis=2)
        return float(met.mean())

    def ours(self):
        x = self.rows()
        return lambda: dict(zip(("found", "told"), self.library.neighbours_by_lists(x, self.size[2])))

    def ours_exact(self):
        x = self.rows()
        return lambda: {"found": self.library.neighbours(x, self.size[2])[0]}

    def faiss_ivf(self):
        import faiss
        faiss.omp_set_num_threads(self.threads)
        x, k = self.rows(), self.size[2]
        lists, places, truth = int(len(x) ** 0.5), self.places(), self.truth(x)

        def build():
            index = faiss.IndexIVFFlat(faiss.IndexFlatL2(x.shape[1]), x.shape[1], lists)
            index.train(x)
            index.add(x)
            return index

        def search(index, rows, numbers):
            """Each row finds itself, first where no other is its equal."""
            found = index.search(rows, k + 1)[1]
            own = found == numbers[:, None]
            own[:, -1] |= ~own.any(axis=1)
            return found[~own].reshape(len(rows), k)

        index, probes = build(), 0
        reached = 0.0
        while reached < self.wanted and probes < lists:
            probes = index.nprobe = probes + 1
            met = search(index, x[places], places)[:, :, None] == truth[:, None, :]
            reached = float(met.any(axis=2).mean())

        def run():
            index = build()
            index.nprobe = probes
            return {"found": search(index, x, np.arange(len(x)))}
        return run

    def worst(self, ours, theirs):
        """Similar recall on both sides, and what ours tells of itself is true."""
        truth = self.truth(self.rows())
        mine, other = self.recall(ours["found"], truth), self.recall(theirs["found"], truth)
        return [(f"recall {other:.3f}, ours {mine:.3f}, below by", max(0.0, other - mine) * (other < 0.99), 0.02),
                ("what ours tells of its recall, off by", abs(float(ours["told"]) - mine), 0.03)]


class Ami(Work):
    """Adjusted mutual information of two random labelings."""
    sizes = ((70000, 100), (1000000, 1000))
    quick = ((5000, 20),)
    lasts = 100
    size_names = "n classes"

    @staticmethod
    def peers(size):
        return ("sklearn",)

    def labelings(self):
        draw = np.random.default_rng(1)
        n, classes = self.size
        u = draw.integers(classes, size=n, dtype=np.int32)
        return u, np.where(draw.random(n) < 0.3, u, draw.integers(classes, size=n, dtype=np.int32))

    def ours(self):
        u, v = (np.ascontiguousarray(a, np.int32) for a in self.labelings())
        return lambda: {"ami": self.library.ami(u, v)}

    def sklearn(self):
        from sklearn.metrics import adjusted_mutual_info_score
        u, v = self.labelings()
        return lambda: {"ami": adjusted_mutual_info_score(u, v)}

    def worst(self, ours, theirs):
        return [("AMI", abs(ours["ami"] - theirs["ami"]), 1e-10)]


class Pca(Work):
    """Principal components."""
    sizes = ((10000, 64, 20), (10000, 784, 50))
    quick = ((500, 20, 5),)
    lasts = 20
    size_names = "N D components"
    tolerance = {"variance": 1e-4}

    @staticmethod
    def peers(size):
        return ("sklearn_eigh", "sklearn_svd")

    def rows(self):
        n, d, _ = self.size
        draw = np.random.default_rng(1)
        return (draw.standard_normal((n, d), np.float32) *
                (0.97 ** np.arange(d)).astype(np.float32))

    def ours(self):
        x = self.rows()
        return lambda: {"variance": self.library.pca(x, self.size[2])[0]}

    def in_sklearn(self, solver):
        from sklearn.decomposition import PCA
        x = self.rows()
        scale = (len(x) - 1) / len(x)
        return lambda: {"variance": scale * PCA(self.size[2], svd_solver=solver)
                        .fit(x).explained_variance_}

    def sklearn_eigh(self):
        return self.in_sklearn("covariance_eigh")

    def sklearn_svd(self):
        return self.in_sklearn("full")
