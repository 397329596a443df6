/** The page as a server gives it. */

import { askForToken, startPage } from "./page.js";
import { Server } from "./server.js";

startPage(new Server(askForToken), "served");
