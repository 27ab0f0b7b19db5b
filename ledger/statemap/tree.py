"""The state map: set keys, read the root, prove presence and absence.

Every version shares what did not change with the one before; a map that is stored reads only the
pages on the ways to the keys that are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.errors import Corruption
from ledger.statemap.nodes import (
    Branch,
    Item,
    Leaf,
    Node,
    Stub,
    build,
    check_item,
    make_branch,
    make_leaf,
    parting_bit,
)
from ledger.statemap.pages import ReadPages, decode_page, encode_page, tops_below
from ledger.statemap.proofs import EMPTY_MAP, KEY_BITS, MapProof, bit_of

PAGES_MAX = 2_048
"""How many pages a stored map keeps in memory before it lets them go."""


class StateMap:
    """A map of 32-byte keys to 32-byte values, in memory or over stored pages.

    Parameters
    ----------
    read_pages
        Where pages are read from; without it the whole map is kept in memory.
    root
        Version to begin with; another than the empty one needs `read_pages`.

    Notes
    -----
    Setting k keys in a map of n costs O(k log n) hashes; so do k proofs.
    """

    def __init__(self, read_pages: ReadPages | None = None, *, root: bytes = EMPTY_MAP) -> None:
        self._read_pages = read_pages
        self._root: Node | None = None if root == EMPTY_MAP else Stub(root, 0)
        self._loaded: dict[bytes, Leaf | Branch] = {}
        self._stored: set[bytes] = {root} if root != EMPTY_MAP else set()
        self._doubtful: set[bytes] = set()

    @property
    def root(self) -> bytes:
        """The root of the map as it is now."""
        return EMPTY_MAP if self._root is None else self._root.hash

    def get(self, key: bytes) -> bytes | None:
        """Return the value under a key, or None."""
        proof = self.prove(key)
        return proof.value if proof.key == key else None

    def prove(self, key: bytes) -> MapProof:
        """Return the proof that the key is there, or that it is not.

        Raises
        ------
        Corruption
            `MAP_DAMAGED` when a page is missing or contradicts its hash.
        """
        if self._root is None:
            return MapProof(key=None, value=None)
        self._load_ways([key])
        path, leaf = self._way(key)
        steps = tuple(
            (branch.bit, (branch.left if bit_of(key, branch.bit) else branch.right).hash)
            for branch in path
        )
        return MapProof(key=leaf.key, value=leaf.value, steps=steps)

    def put(self, changes: Mapping[bytes, bytes]) -> None:
        """Set the values of keys, new ones and known ones.

        Raises
        ------
        ValueError
            When a key or a value has not 32 bytes; nothing has changed.
        Corruption
            As `prove`.
        """
        for key, value in changes.items():
            check_item(key, value)
        keys = sorted(changes)
        if not keys:
            return
        if self._root is None:
            self._root = build([make_leaf(key, changes[key]) for key in keys])
            return
        self._load_ways(keys)
        items: list[Item] = []
        for key in keys:
            path, leaf = self._way(key)
            if leaf.key == key and leaf.value == changes[key]:
                continue
            parting = parting_bit(key, leaf.key)
            items.append((key, changes[key], parting))
            if self._read_pages is not None:
                self._doubt(path, leaf, parting)
        if items:
            self._root = self._merge(self._root, items)

    def take_pages(self) -> tuple[dict[bytes, bytes], tuple[bytes, ...]]:
        """Return the pages to store since the last call, and the hashes that are of no more use.

        Of a map over stored pages; the caller stores the former, and may drop the latter once no
        older version is read any more.
        """
        added: dict[bytes, bytes] = {}
        waiting: list[Node] = [] if self._root is None else [self._root]
        seen: set[bytes] = set()
        while waiting:
            top = waiting.pop()
            seen.add(top.hash)
            if isinstance(top, Stub) or top.hash in self._stored:
                continue
            added[top.hash] = encode_page(top)
            self._stored.add(top.hash)
            waiting.extend(tops_below(top))
        superseded = tuple(sorted(self._doubtful - seen))
        self._doubtful.clear()
        self._stored.difference_update(superseded)
        if len(self._stored) > PAGES_MAX and self._root is not None:
            self._root = Stub(self._root.hash, self._root.leaves)
            self._loaded.clear()
            self._stored = {self._root.hash}
        return added, superseded

    def _doubt(self, path: Sequence[Branch], leaf: Leaf, parting: int) -> None:
        """Remember the stored pages that may be of no more use when a key is set.

        Branches above the parting bit get another hash. The node below it stays, but its page may
        become a part of another. What is deeper is not touched.
        """
        nodes: list[Branch | Leaf] = [*path, leaf]
        for node in nodes:
            if node.hash in self._stored:
                self._doubtful.add(node.hash)
            if isinstance(node, Branch) and node.bit > parting:
                return

    def _way(self, key: bytes) -> tuple[list[Branch], Leaf]:
        """Return the branches that a key's bits lead through, and the leaf at the end."""
        path: list[Branch] = []
        node = self._root
        while True:
            if isinstance(node, Branch):
                path.append(node)
                bit = node.bit
                node = node.right if key[bit >> 3] & 0x80 >> (bit & 7) else node.left
            elif isinstance(node, Stub):
                node = self._loaded[node.hash]
            else:
                assert node is not None
                return path, node

    def _load_ways(self, keys: Sequence[bytes]) -> None:
        """Read the pages on the ways to these keys: one reading for each depth."""
        if self._read_pages is None:
            return
        waiting: list[tuple[bytes, Node]] = [(key, self._node(self._root)) for key in keys]
        while waiting:
            stubs: list[tuple[bytes, Stub]] = []
            for key, start in waiting:
                node = start
                while isinstance(node, Branch):
                    node = self._node(node.right if bit_of(key, node.bit) else node.left)
                if isinstance(node, Stub):
                    stubs.append((key, node))
            self._load({stub.hash for _, stub in stubs})
            waiting = [(key, self._loaded[stub.hash]) for key, stub in stubs]

    def _node(self, node: Node | None) -> Node:
        """Return the loaded form of a node where there is one."""
        assert node is not None
        return self._loaded.get(node.hash, node) if isinstance(node, Stub) else node

    def _load(self, hashes: set[bytes]) -> None:
        if not hashes:
            return
        found = self._read_pages(sorted(hashes)) if self._read_pages is not None else {}
        for digest in hashes:
            if digest not in found:
                raise Corruption(
                    "MAP_DAMAGED",
                    f"The page {digest.hex()} of the state map is not stored. Rebuild the map by "
                    "replaying the log.",
                )
            self._loaded[digest] = decode_page(found[digest], digest)
            self._stored.add(digest)

    def _merge(self, start: Node, items: Sequence[Item]) -> Leaf | Branch:
        """Return the node with these items set; all of them lead to it by their bits."""
        if len(items) == 1:
            return self._merge_one(start, items[0])
        node = self._node(start)
        if isinstance(node, Leaf):
            found = {node.key: node} | {k: make_leaf(k, value) for k, value, _ in items}
            return build([found[key] for key in sorted(found)])
        assert isinstance(node, Branch)
        bit = node.bit
        first = min([parting for _, _, parting in items])
        if first < bit:  # some part from the tree above this branch: they are a side of it
            apart = [item for item in items if item[2] == first]
            inside = [item for item in items if item[2] != first]
            new = build([make_leaf(key, value) for key, value, _ in apart])
            old = self._merge(node, inside) if inside else node
            return _joined(first, new, old, bit_of(apart[0][0], first))
        at, mask = bit >> 3, 0x80 >> (bit & 7)
        left = [item for item in items if not item[0][at] & mask]
        right = items[len(left) :]  # items are in the order of their keys, equal above this bit
        return make_branch(
            bit,
            self._merge(node.left, left) if left else node.left,
            self._merge(node.right, right) if right else node.right,
        )

    def _merge_one(self, start: Node, item: Item) -> Leaf | Branch:
        """Set one item: the way down, the new leaf, the way up."""
        key, value, parting = item
        loaded = self._loaded
        path: list[tuple[Branch, int]] = []
        node: Node = loaded[start.hash] if isinstance(start, Stub) else start
        while isinstance(node, Branch) and node.bit < parting:
            bit = node.bit
            side = key[bit >> 3] & 0x80 >> (bit & 7)
            path.append((node, side))
            node = node.right if side else node.left
            if isinstance(node, Stub):
                node = loaded[node.hash]
        made: Leaf | Branch = make_leaf(key, value)
        if parting < KEY_BITS:
            made = _joined(parting, made, node, bit_of(key, parting))
        for branch, side in reversed(path):
            if side:
                made = make_branch(branch.bit, branch.left, made)
            else:
                made = make_branch(branch.bit, made, branch.right)
        return made


def _joined(bit: int, new: Node, old: Node, side: int) -> Branch:
    """Return the branch with `new` on a side (0 left, 1 right) and `old` on the other."""
    return make_branch(bit, old, new) if side else make_branch(bit, new, old)
