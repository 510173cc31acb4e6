import pytest
import torch


@pytest.fixture
def three():
    """Samples, training and held-out points, all of one normal distribution."""
    torch.manual_seed(1)
    return torch.randn(3, 400, 5)
