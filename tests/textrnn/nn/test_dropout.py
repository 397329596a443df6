from __future__ import annotations

import torch

from textrnn.nn.dropout import drop_features, drop_words
from textrnn.nn.noise import step_noise
from textrnn.text.special_tokens import UNK


def test_features_fall_for_a_whole_text_at_every_step() -> None:
    x = torch.ones(7, 50, 40)
    dropped = drop_features(x, 0.3, step_noise(0, 0, 0))
    assert torch.equal(dropped, dropped[:1].expand_as(dropped))  # one mask over time
    assert not torch.equal(dropped[0, 0], dropped[0, 1])  # another for another text
    assert set(dropped.unique().tolist()) == {0.0, dropped.max().item()}
    assert abs(dropped.max().item() - 1 / 0.7) < 1e-6
    assert abs(dropped.mean().item() - 1) < 0.05  # the expectation stays


def test_pooled_features_fall_too() -> None:
    dropped = drop_features(torch.ones(400, 100), 0.5, step_noise(0, 0, 0))
    assert abs(dropped.mean().item() - 1) < 0.02
    assert abs((dropped == 0).float().mean().item() - 0.5) < 0.02


def test_half_precision_stays_half_precision() -> None:
    x = torch.ones(2, 3, 4, dtype=torch.bfloat16)
    assert drop_features(x, 0.5, step_noise(0, 0, 0)).dtype == torch.bfloat16


def test_words_become_unk_but_padding_never() -> None:
    ids = torch.randint(2, 100, (200, 100))
    ids[150:] = 0
    dropped = drop_words(ids, 0.2, step_noise(1, 2, 3))
    assert torch.equal(dropped[150:], ids[150:])
    changed = dropped != ids
    assert dropped[changed].unique().tolist() == [UNK]
    assert abs(changed[:150].float().mean().item() - 0.2) < 0.01
    assert torch.equal(ids[:150] >= 2, torch.ones(150, 100, dtype=torch.bool))  # the input is left alone


def test_no_generator_or_no_share_changes_nothing() -> None:
    ids, x = torch.randint(0, 9, (3, 4)), torch.randn(3, 4, 5)
    for share, noise in ((0.9, None), (0.0, step_noise(0, 0, 0))):
        assert drop_words(ids, share, noise) is ids
        assert drop_features(x, share, noise) is x


def test_the_generator_is_a_pure_function_of_seed_epoch_and_position() -> None:
    def draw(seed: int, epoch: int, position: int) -> list[float]:
        return torch.rand(4, generator=step_noise(seed, epoch, position).generator).tolist()

    torch.manual_seed(1)
    first = draw(5, 6, 7)
    torch.manual_seed(2)
    assert draw(5, 6, 7) == first
    assert len({tuple(draw(*place)) for place in ((5, 6, 7), (6, 5, 7), (7, 6, 5), (5, 7, 6), (5, 6, 8))}) == 5


def test_no_two_steps_of_a_run_draw_the_same() -> None:
    # torch's generator reads the low 32 bits of a seed
    seeds = [step_noise(3, epoch, position).generator.initial_seed() for epoch in range(40) for position in range(500)]
    assert len({seed & 0xFFFFFFFF for seed in seeds}) == len(seeds)


def test_no_draw_comes_from_the_global_generator() -> None:
    before = torch.random.get_rng_state()
    drop_words(torch.ones(3, 4, dtype=torch.int64), 0.5, step_noise(0, 0, 0))
    drop_features(torch.ones(3, 4), 0.5, step_noise(0, 0, 0))
    assert torch.equal(before, torch.random.get_rng_state())
