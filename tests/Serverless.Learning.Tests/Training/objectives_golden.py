"""Losses and gradients of the training objectives, computed with plain PyTorch in float64: run with python3 (Debian's python3-torch) to print objectives-golden.json."""
import json
import math

import torch
import torch.nn.functional as F

V, D = 11, 6
LENGTHS = [3, 2, 4, 1, 2, 5]  # tokens of each answer


def draw(number, *shape):
    """Tensor number n, element i: 0.8 sin(0.7 i + n)."""
    return torch.tensor([0.8 * math.sin(0.7 * i + number) for i in range(math.prod(shape))], dtype=torch.float64).view(*shape)


def token_log_probabilities(temperature=1.0):
    """log p of token (5 n + 3) mod V at each place n, with the leaves that gradients are wanted of."""
    hidden = draw(1, sum(LENGTHS), D).requires_grad_(True)
    weight = draw(2, V, D).requires_grad_(True)
    targets = torch.tensor([(5 * n + 3) % V for n in range(sum(LENGTHS))])
    values = F.log_softmax(hidden @ weight.T / temperature, -1).gather(1, targets[:, None])[:, 0]
    return hidden, weight, values


def answer(loss, hidden, weight, **more):
    loss.backward()
    return {"loss": loss.item(), "hidden": hidden.grad.flatten().tolist(), "weight": weight.grad.flatten().tolist(), **more}


def preference(beta):
    """Rafailov et al., arXiv 2305.18290, equation 7, over three pairs; answers 2i and 2i + 1 are chosen and rejected."""
    hidden, weight, values = token_log_probabilities()
    sums = torch.stack([part.sum() for part in values.split(LENGTHS)]).view(3, 2)
    reference = draw(3, 3, 2) - 4
    rewards = beta * (sums - reference)
    margins = rewards[:, 0] - rewards[:, 1]
    return answer(-F.logsigmoid(margins).mean(), hidden, weight, margins=margins.tolist())


print(json.dumps({f"preference beta {beta}": preference(beta) for beta in (0.1, 0.5, 2.0)}, indent=1))
