/** The page as a server gives it. */

import { startPage } from "./page.js";
import { Server } from "./server.js";

startPage(new Server(), "served");
