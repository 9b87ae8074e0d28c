import { alerts } from "./alerts/en";
import { desk } from "./desk/en";
import { map } from "./map/en";
import { matter } from "./matter/en";
import { page } from "./page/en";
import { problems } from "./problems/en";
import { words } from "./words/en";

export const en = { ...page, ...desk, ...map, ...matter, ...words, ...problems, ...alerts };
