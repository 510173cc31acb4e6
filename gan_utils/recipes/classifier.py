"""The training that every judge among the shipped networks went through."""

import torch

from gan_utils.training import by_steps


def train_classifier(network, loss_of, steps, rate):
    """Minimise a loss with AdamW; the rate rises, then falls along a cosine.

    Args:
        network: trained in place.
        loss_of: the number of a step -> the loss of that step's batch.
        steps: of the optimiser.
        rate: the highest learning rate, reached after 30 % of the steps.
    Returns:
        The network in eval mode.
    Source:
        Smith and Topin 2017, arXiv:1708.07120, for the course of the rate.
    """
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for step, _ in enumerate(by_steps(steps)):
        loss = loss_of(step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()
