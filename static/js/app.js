// The one entry: pages load this alone, so that a module is never loaded twice under two names.
import "./times.js";
import "./toast.js";
import "./keys.js";
import "./menus.js";
import "./filters.js";
import "./people.js";
import "./live.js";
import "./board.js";
import "./viewers.js";
import "./triage.js";
import "./sheet.js";
import "./moves.js";
import "./rotations.js";
import "./paging.js";
import "./countdown.js";
import "./tabs.js";
import "./composer.js";
