"""Writes Tests/OptimizersTests/TorchOracle.swift: 100 steps of torch.optim in float64 (PyTorch 2).
Run from the repository's root: python3 Tests/Oracles/optimizers.py
"""

import math

import torch

torch.set_default_dtype(torch.float64)
START = [1.0, -2.0, 0.5, 3.0]
KEPT = (1, 10, 100)
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "sgd momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "sgd dampening": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, dampening=0.3),
    "sgd nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "sgd maximize": lambda p: torch.optim.SGD(p, lr=0.01, weight_decay=0.1, maximize=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "adam decay": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "adamax": lambda p: torch.optim.Adamax(p, lr=0.05, eps=1e-6, weight_decay=0.01),
    "nadam": lambda p: torch.optim.NAdam(p, lr=0.05),
    "nadam decay": lambda p: torch.optim.NAdam(p, lr=0.05, betas=(0.8, 0.95), weight_decay=0.1,
                                               momentum_decay=0.01),
    "nadam decoupled": lambda p: torch.optim.NAdam(p, lr=0.05, weight_decay=0.1,
                                                   decoupled_weight_decay=True),
    "radam": lambda p: torch.optim.RAdam(p, lr=0.05, eps=1e-6, weight_decay=0.01),
    "radam short": lambda p: torch.optim.RAdam(p, lr=0.05, betas=(0.8, 0.9), eps=1e-8),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.5),
    "adagrad decay": lambda p: torch.optim.Adagrad(
        p, lr=0.5, lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.1),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=1.0),
    "adadelta decay": lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.95, eps=1e-3, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.05),
    "rmsprop momentum": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.9,
                                                      weight_decay=0.1),
    "rmsprop centered": lambda p: torch.optim.RMSprop(p, lr=0.05, alpha=0.9, centered=True),
}


def trajectory(make):
    """The parameters after the kept steps; the gradient is theta + 2 cos(0.37 t + i)."""
    theta = torch.tensor(START)
    optimizer = make([theta])
    kept = []
    for t in range(1, KEPT[-1] + 1):
        push = torch.tensor([2 * math.cos(0.37 * t + i) for i in range(len(START))])
        theta.grad = theta.detach() + push
        optimizer.step()
        if t in KEPT:
            kept.append(theta.tolist())
    return kept


with open("Tests/OptimizersTests/TorchOracle.swift", "w") as file:
    file.write("// 100 steps of torch.optim in float64; made by Tests/Oracles/optimizers.py.\n\n")
    file.write("enum TorchOracle {\n")
    file.write(f"  static let start: [Double] = {START}\n")
    file.write(f"  static let kept = {list(KEPT)}\n\n")
    file.write("  /// The parameters after the kept steps.\n")
    file.write("  static let trajectories: [String: [[Double]]] = [\n")
    for name, make in OPTIMIZERS.items():
        file.write(f'    "{name}": [\n')
        for row in trajectory(make):
            file.write(f"      [{', '.join(map(repr, row))}],\n")
        file.write("    ],\n")
    file.write("  ]\n}\n")
