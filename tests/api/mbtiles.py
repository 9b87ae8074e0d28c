"""Small base maps for tests: MBTiles files as tilemaker writes them, and ways to spoil them."""
import gzip
import sqlite3

# What a tile holds is nobody's business on the way to the page; these bytes only have to arrive.
TILE = gzip.compress(b"\x1a\x00 a tile", mtime=0)
PLAIN = b"\x1a\x00 a tile that is not packed"
BOX = (113.9, 22.4, 114.4, 22.9)


def write(path, tiles=((10, 835, 446, TILE), (10, 836, 446, PLAIN), (0, 0, 0, TILE)), **metadata):
    """`tiles` as (z, x, y from the north, bytes); `metadata` changes or, with None, drops an entry."""
    said = {"name": "Test", "format": "pbf", "attribution": "© somebody", "bounds": ",".join("%f" % edge for edge in BOX)}
    said.update(metadata)
    store = sqlite3.connect(path)
    store.executescript("CREATE TABLE metadata (name text, value text);"
                        "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);"
                        "CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);")
    store.executemany("INSERT INTO metadata VALUES (?, ?)", [pair for pair in said.items() if pair[1] is not None])
    store.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", [(z, x, (1 << z) - 1 - y, data) for z, x, y, data in tiles])
    store.commit()
    store.close()
