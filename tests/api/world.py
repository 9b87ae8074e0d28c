"""One running desk that most API tests share: a county, two stations and a post below one of them, people of
every role, and a watcher that checks every answer against the description."""
import os

import mbtiles
from desk import Client, Desk
from schema import Watcher

ROLES = ("call_taker", "dispatcher", "supervisor", "unit", "admin")


class World:
    def __init__(self):
        self.desk = Desk()
        tiles = os.path.join(self.desk.base, "map.mbtiles")
        mbtiles.write(tiles)
        self.desk.start("--tiles", tiles)
        self.boss = self.desk.set_up()
        self.watcher = Watcher(self.desk.client().ok("GET", "/openapi.json"))
        Client.checker = self.watcher
        self.areas = {"county": "1"}
        self.areas["north"] = self.desk.agency("NORTH")
        self.areas["south"] = self.desk.agency("SOUTH")
        self.areas["post"] = self.desk.agency("NORTH-P", parent=self.areas["north"])
        self.counter = 0
        self.people = {}

    def number(self):
        self.counter += 1
        return self.counter

    def unit(self, area="county", **more):
        return self.desk.unit("U-%d" % self.number(), self.areas[area], **more)

    def version(self, path):
        """The present version of what stands at /v1/units/7 and the like."""
        table, id = path.rsplit("/", 1)
        return self.boss.ok("GET", "%s?limit=1&after=%d" % (table, int(id) - 1))["rows"][0]["version"]

    def put(self, path, body, who=None):
        """An edit that starts from the present version."""
        return (who or self.boss).call("PUT", path, body, key=True, match=self.version(path))

    def person(self, role, area="county"):
        """Somebody with one role in an area; made once, so that few passwords are hashed."""
        if (role, area) not in self.people:
            unit = self.unit(area) if role == "unit" else None
            person = self.desk.operator("%s-%s" % (role[:9], area[:5]), [role], self.areas[area], unit)
            person.unit = unit
            self.people[role, area] = person
        return self.people[role, area]


shared = None


def world():
    global shared
    if shared is None:
        shared = World()
    return shared


def close():
    """Ends the shared desk; it must end well (a leak or a sanitizer's finding makes it end badly)."""
    global shared
    if shared is None:
        return
    desk, shared = shared.desk, None
    try:
        desk.stop()
    finally:
        Client.checker = None
        desk.close()
