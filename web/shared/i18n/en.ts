import { alerts } from "./alerts/en";
import { data } from "./data/en";
import { desk } from "./desk/en";
import { map } from "./map/en";
import { matter } from "./matter/en";
import { page } from "./page/en";
import { paper } from "./paper/en";
import { phone } from "./phone/en";
import { problems } from "./problems/en";
import { report } from "./report/en";
import { shift } from "./shift/en";
import { safety } from "./safety/en";
import { training } from "./training/en";
import { vitals } from "./vitals/en";
import { words } from "./words/en";

export const en = {
  ...page,
  ...data,
  ...desk,
  ...map,
  ...matter,
  ...words,
  ...problems,
  ...paper,
  ...shift,
  ...safety,
  ...training,
  ...phone,
  ...report,
  ...alerts,
  ...vitals,
};
