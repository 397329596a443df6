"""The torch network of given weights."""

from __future__ import annotations

import numpy as np
import torch

from textrnn.inference.network import Network, check_network
from textrnn.nn.classifier import RecurrentClassifier, build_model


def to_torch(network: Network) -> RecurrentClassifier:
    """The torch network with the weights of `network`, which are copied. Raises ModelError where they do not fit."""
    check_network(network)  # before anything is built: settings that lie must not allocate what they say
    built = build_model(network.config, network.vocabulary_size, network.outputs, seed=0, tabular=network.tabular)
    built.load_state_dict({name: torch.from_numpy(np.array(weight)) for name, weight in network.weights.items()})
    return built.eval()


def to_arrays(network: RecurrentClassifier) -> Network:
    """The weights of a torch `network` as plain arrays, which are its own where it is on the CPU."""
    weights = {name: weight.detach().cpu().numpy() for name, weight in network.state_dict().items()}
    sizes = network.embedding.num_embeddings, network.head.out_features
    return Network(weights, network.config, *sizes, network.tabular_columns)
