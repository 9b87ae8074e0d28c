import { alerts } from "./alerts/en";
import { data } from "./data/en";
import { desk } from "./desk/en";
import { map } from "./map/en";
import { matter } from "./matter/en";
import { page } from "./page/en";
import { paper } from "./paper/en";
import { problems } from "./problems/en";
import { shift } from "./shift/en";
import { words } from "./words/en";

export const en = { ...page, ...data, ...desk, ...map, ...matter, ...words, ...problems, ...paper, ...alerts, ...shift };
