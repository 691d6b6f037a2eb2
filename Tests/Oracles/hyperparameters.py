"""The data of examples/hyperparameters.mos, by the recipe of the hypertorch notebook (Grazzi et al. 2020).

NumPy's legacy generator with seed 1 draws the weights, the inputs and the noise, and the
permutation that splits rows in two; the first half of it is the validation set. Rows: 500 for
training and 500 for validation; columns: 20 inputs and the label.

    python Tests/Oracles/hyperparameters.py > /dev/null   # writes examples/data/logistic.npy
"""
import numpy as np

np.random.seed(1)
weights = np.random.randn(20)
inputs = np.random.randn(1000, 20)
labels = (inputs @ weights + 0.1 * np.random.randn(1000) > 0).astype(float)
order = np.random.permutation(1000)
rows = np.concatenate([order[500:], order[:500]])
np.save("examples/data/logistic.npy", np.column_stack([inputs, labels])[rows])
