"""SCXML documents as the lines of sketch.h.  Only the harness knows SCXML; what needs a data model is refused by name.

    convert(path) -> lines         raises LeftOut with the reason
"""
import re
import xml.etree.ElementTree as ElementTree

SPACE = "{http://www.w3.org/2005/07/scxml}"
OWN_PROCESSOR = "http://www.w3.org/TR/scxml/#SCXMLEventProcessor"
STATES = ("state", "parallel", "final", "history")
STRUCTURE = STATES + ("scxml", "initial", "transition", "onentry", "onexit")
ACTIONS = ("raise", "send", "cancel", "log")
IN = re.compile(r"\s*(!?)\s*In\('([^']+)'\)\s*")
LITERAL = re.compile(r"'([^']*)'")
DELAY = re.compile(r"(\d*\.?\d+)(ms|s|m|h)?")
UNIT_MS = {None: 1, "ms": 1, "s": 1000, "m": 60000, "h": 3600000}


class LeftOut(Exception):
    """What the document needs and a chart does not have."""


def name_of(element):
    return element.tag.split("}")[-1] if isinstance(element.tag, str) else "comment"


def children(element, *names):
    return [child for child in element if name_of(child) in names]


class Converter:
    def __init__(self, root):
        self.root = root
        self.lines = []
        self.guards = []
        self.ids = {}
        self.owners = []  # (element, its id), in document order

    def document(self):
        self.refuse_data()
        self.add_state(self.root, "-", "state")
        for element, name in self.owners:
            self.add_behaviour(element, name)
        return self.lines + ["guard %d %s" % (n, guard) for n, guard in enumerate(self.guards, 1)]

    def refuse_data(self):
        foreign = sorted({name_of(e) for e in self.root.iter()} - set(STRUCTURE + ACTIONS) - {"comment"})
        if foreign:
            raise LeftOut("uses <%s>" % ">, <".join(foreign))

    def id_of(self, element):
        if element not in self.ids:
            self.ids[element] = element.get("id") or "anonymous:%d" % len(self.ids)
        return self.ids[element]

    # --- states: all of them, in document order, an initial first among its parent's children

    def add_state(self, element, parent, kind):
        name = "root:" if element is self.root else self.id_of(element)
        self.lines.append("state %s %s %s" % (name, parent, kind))
        self.owners.append((element, name))
        if element.get("initial") or children(element, "initial"):
            self.lines.append("state %s:initial %s initial" % (name, name))
        for child in children(element, *STATES):
            kind = name_of(child)
            if kind == "history":
                kind = child.get("type") or "shallow"
            self.add_state(child, name, kind)

    # --- transitions and actions

    def add_behaviour(self, element, name):
        if element.get("initial"):
            self.lines.append("go %s:initial - %s" % (name, ",".join(element.get("initial").split())))
        for initial in children(element, "initial"):
            for transition in children(initial, "transition"):
                self.add_transition(transition, name + ":initial")
        for transition in children(element, "transition"):
            self.add_transition(transition, name)
        for verb in ("entry", "exit"):
            blocks = children(element, "on" + verb)
            if blocks:
                self.lines.append("%s %s" % (verb, name))
            for block in blocks:
                self.add_actions(block)

    def add_transition(self, transition, source):
        events = ",".join((transition.get("event") or "-").split())
        targets = ",".join((transition.get("target") or "-").split())
        line = "go %s %s %s" % (source, events, targets)
        if transition.get("type") == "internal":
            line += " internal"
        if transition.get("cond"):
            line += " guard=%d" % self.guard(transition.get("cond"))
        self.lines.append(line)
        self.add_actions(transition)

    def guard(self, condition):
        found = IN.fullmatch(condition)
        if found:
            self.guards.append("%s %s" % ("out" if found.group(1) else "in", found.group(2)))
        elif condition.strip() in ("true", "false"):
            self.guards.append(condition.strip() + " -")
        else:
            raise LeftOut("has the condition %s" % " ".join(condition.split()))
        return len(self.guards)

    def add_actions(self, block):
        for action in block:
            kind = name_of(action)
            if kind == "raise":
                self.lines.append("raise " + action.get("event"))
            elif kind == "send":
                self.add_send(action)
            elif kind == "cancel":
                self.lines.append("cancel " + value(action, "sendid"))
            elif kind == "log":
                self.lines.append("effect 1")

    def add_send(self, send):
        known = {"event", "eventexpr", "delay", "delayexpr", "id", "target", "type"}
        data = sorted(set(send.attrib) - known)
        if data:
            raise LeftOut("has <send %s>" % " ".join(data))
        event, delay = value(send, "event"), value(send, "delay")
        if value(send, "type") not in (None, OWN_PROCESSOR):
            raise LeftOut("sends through another processor (%s)" % send.get("type"))
        if send.get("target") == "#_internal":
            self.lines.append("raise " + event)
        elif send.get("target"):
            raise LeftOut("sends to another session (%s)" % send.get("target"))
        else:
            self.lines.append("send %s %d %s" % (event, delay_ms(delay), send.get("id") or "-"))


def value(element, attribute):
    """The attribute, or its ...expr when that is a text in quotes and so no expression."""
    if element.get(attribute) is not None:
        return element.get(attribute)
    expression = element.get(attribute + "expr")
    if expression is None:
        return None
    literal = LITERAL.fullmatch(expression.strip())
    if not literal:
        raise LeftOut("has the expression %s" % expression)
    return literal.group(1)


def delay_ms(text):
    if text is None:
        return 0
    number, unit = DELAY.fullmatch(text.strip()).groups()
    return round(float(number) * UNIT_MS[unit])


def convert(path):
    return Converter(ElementTree.parse(path).getroot()).document()
