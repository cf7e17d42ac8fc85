-- What leaves the database: pages of the change feed and of the audit trail, once they stand in a bucket. Times are epoch ms.

-- A page is planned, written to the bucket, and confirmed (`archived_at`). What it spans is fixed with the plan, so that one
-- that is written again has the same name and the same content. `first_seq` and `last_seq`: of changes their numbers, of
-- audit entries their ids. `panel` is '' for the audit trail.
CREATE TABLE archived_pages (
  kind TEXT NOT NULL CHECK (kind = 'changes' OR kind = 'audit'),
  panel TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  entries INTEGER NOT NULL CHECK (entries > 0),
  planned_at INTEGER NOT NULL,
  archived_at INTEGER,
  bytes INTEGER,
  sha256 TEXT,
  CHECK (first_seq <= last_seq),
  CHECK ((archived_at IS NULL) = (bytes IS NULL)),
  CHECK ((archived_at IS NULL) = (sha256 IS NULL)),
  PRIMARY KEY (kind, panel, last_seq)
) STRICT, WITHOUT ROWID;

-- A page begins where the last one ended, leaves nothing out, and never has the newest: what comes next is numbered after it.
-- One page at a time, and none with changes that a webhook has still to send.
CREATE TRIGGER archived_pages_of_changes BEFORE INSERT ON archived_pages
WHEN NEW.kind = 'changes' AND (
  NEW.archived_at IS NOT NULL
  OR (SELECT archived_at IS NULL OR last_seq >= NEW.first_seq FROM archived_pages
    WHERE kind = NEW.kind AND panel = NEW.panel ORDER BY last_seq DESC LIMIT 1)
  OR (SELECT count(*) IS NOT NEW.entries OR min(seq) IS NOT NEW.first_seq OR max(seq) IS NOT NEW.last_seq FROM changes
    WHERE panel = NEW.panel AND seq <= NEW.last_seq AND seq > coalesce((
      SELECT last_seq FROM archived_pages WHERE kind = NEW.kind AND panel = NEW.panel ORDER BY last_seq DESC LIMIT 1), 0))
  OR NOT EXISTS (SELECT 1 FROM changes WHERE panel = NEW.panel AND seq > NEW.last_seq)
  OR EXISTS (SELECT 1 FROM webhooks WHERE panel = NEW.panel AND place < NEW.last_seq))
BEGIN SELECT RAISE(ABORT, 'a page must follow from the last one'); END;

CREATE TRIGGER archived_pages_of_audit BEFORE INSERT ON archived_pages
WHEN NEW.kind = 'audit' AND (
  NEW.archived_at IS NOT NULL OR NEW.panel <> ''
  OR (SELECT archived_at IS NULL OR last_seq >= NEW.first_seq FROM archived_pages
    WHERE kind = NEW.kind AND panel = NEW.panel ORDER BY last_seq DESC LIMIT 1)
  OR (SELECT count(*) IS NOT NEW.entries OR min(id) IS NOT NEW.first_seq OR max(id) IS NOT NEW.last_seq FROM audit
    WHERE id <= NEW.last_seq AND id > coalesce((
      SELECT last_seq FROM archived_pages WHERE kind = NEW.kind AND panel = NEW.panel ORDER BY last_seq DESC LIMIT 1), 0))
  OR NOT EXISTS (SELECT 1 FROM audit WHERE id > NEW.last_seq))
BEGIN SELECT RAISE(ABORT, 'a page must follow from the last one'); END;

CREATE TRIGGER archived_pages_confirmed_once BEFORE UPDATE ON archived_pages
WHEN OLD.archived_at IS NOT NULL OR NEW.archived_at IS NULL OR NEW.kind IS NOT OLD.kind OR NEW.panel IS NOT OLD.panel
  OR NEW.last_seq IS NOT OLD.last_seq OR NEW.first_seq IS NOT OLD.first_seq OR NEW.entries IS NOT OLD.entries
  OR NEW.planned_at IS NOT OLD.planned_at
BEGIN SELECT RAISE(ABORT, 'a page stays as it was planned'); END;

CREATE TRIGGER archived_pages_no_delete BEFORE DELETE ON archived_pages
BEGIN SELECT RAISE(ABORT, 'what was archived stays on record'); END;

-- Append-only but for what is in the archive.
DROP TRIGGER changes_no_delete;
CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes
WHEN OLD.seq > coalesce((SELECT last_seq FROM archived_pages
  WHERE kind = 'changes' AND panel = OLD.panel AND archived_at IS NOT NULL ORDER BY last_seq DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END;

DROP TRIGGER audit_no_delete;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.id > coalesce((SELECT last_seq FROM archived_pages
  WHERE kind = 'audit' AND panel = '' AND archived_at IS NOT NULL ORDER BY last_seq DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Where the walk over what has an age has come to, as JSON; and the rows that it has written on a UTC day (since the epoch).
ALTER TABLE ticks ADD COLUMN retention TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(retention));
ALTER TABLE ticks ADD COLUMN moved_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticks ADD COLUMN moved_today INTEGER NOT NULL DEFAULT 0;
