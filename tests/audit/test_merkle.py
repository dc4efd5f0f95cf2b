"""The tree of hashes gives the published roots, and its paths show membership."""

from __future__ import annotations

import pytest

from xueji.audit.rules import merkle
from xueji.lib.suites import SUITES, sha256

# The inputs and roots of the test vectors of Certificate Transparency (RFC 6962).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(9))
def test_roots_are_those_of_certificate_transparency(count: int) -> None:
    assert merkle.root(LEAVES[:count], sha256).hex() == ROOTS[count]


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_a_path_shows_that_a_leaf_belongs_to_the_root(suite: object) -> None:
    digest = suite.digest  # type: ignore[attr-defined]
    for count in range(1, 18):
        leaves = [bytes([number]) for number in range(count)]
        root = merkle.root(leaves, digest)
        for at, leaf in enumerate(leaves):
            beside = merkle.path(leaves, at, digest)
            assert merkle.root_along(leaf, at, count, beside, digest) == root
            assert merkle.root_along(b"other", at, count, beside, digest) != root


def test_a_path_of_another_length_is_refused() -> None:
    beside = merkle.path(LEAVES, 3, sha256)
    with pytest.raises(ValueError, match="short"):
        merkle.root_along(LEAVES[3], 3, 8, beside[:-1], sha256)
    with pytest.raises(ValueError, match="long"):
        merkle.root_along(LEAVES[3], 3, 8, [*beside, beside[0]], sha256)
