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


REWARDS = [[1.0, 0.0, 0.5], [0.25, 0.25, 1.0]]
CUT_OFF = 2  # this answer reached the limit


def policy(loss_type, beta=0.0, epsilon_high=0.2, filtered=False, longest=6, temperature=0.8, negative_weight=1.0):
    """Two groups of three answers: arXiv 2402.03300 equations 3 and 4, arXiv 2503.14476 equation 8, arXiv 2503.20783 section 3.2; negative advantages weighed as in
    arXiv 2506.01347."""
    hidden, weight, values = token_log_probabilities(temperature)
    old = values.detach() + 0.5 * draw(4, len(values))
    reference = values.detach() + 0.3 * draw(5, len(values))
    rewards = torch.tensor(REWARDS, dtype=torch.float64)
    advantages = rewards - rewards.mean(1, keepdim=True)
    if loss_type != "dr_grpo":
        advantages = advantages / (rewards.std(1, unbiased=False, keepdim=True) + 1e-4)
    advantages = torch.where(advantages < 0, negative_weight * advantages, advantages)
    ratio, divergence = torch.exp(values - old), torch.exp(reference - values) - (reference - values) - 1
    advantage = torch.repeat_interleave(advantages.flatten(), torch.tensor(LENGTHS))
    gain = torch.minimum(ratio * advantage, torch.clamp(ratio, 1 - 0.2, 1 + epsilon_high) * advantage)
    terms = (gain - beta * divergence).split(LENGTHS)
    kept = [i for i in range(6) if not (filtered and i == CUT_OFF)]
    if loss_type == "grpo":
        objective = sum(terms[i].mean() for i in kept) / 6
    elif loss_type == "dapo":
        objective = sum(terms[i].sum() for i in kept) / sum(LENGTHS[i] for i in kept)
    else:
        objective = sum(terms[i].sum() for i in kept) / (6 * longest)
    clipped = (torch.clamp(ratio, 1 - 0.2, 1 + epsilon_high) * advantage < ratio * advantage).double()
    return answer(-objective, hidden, weight, old=old.tolist(), reference=reference.tolist(), kl=divergence.mean().item(), clip_share=clipped.mean().item())


print(json.dumps({
    **{f"preference beta {beta}": preference(beta) for beta in (0.1, 0.5, 2.0)},
    "policy grpo": policy("grpo"),
    "policy grpo beta": policy("grpo", beta=0.04),
    "policy dapo": policy("dapo", epsilon_high=0.28),
    "policy dapo filtered": policy("dapo", epsilon_high=0.28, filtered=True),
    "policy dr_grpo": policy("dr_grpo", beta=0.1),
    "policy grpo negative": policy("grpo", negative_weight=0.3),
    "policy grpo positive": policy("grpo", beta=0.04, negative_weight=0.0),
}, indent=1))
