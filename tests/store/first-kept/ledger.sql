BEGIN TRANSACTION;
CREATE TABLE known (
	probe VARCHAR(400) NOT NULL, 
	since DATETIME NOT NULL, 
	PRIMARY KEY (probe)
);
INSERT INTO "known" VALUES('find[mobile]','2026-11-20 03:00:00.000000');
INSERT INTO "known" VALUES('pay','2026-11-20 03:00:00.000000');
CREATE TABLE seen (
	id INTEGER NOT NULL, 
	until DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "seen" VALUES(1,'2026-11-20 05:00:00.000000');
CREATE TABLE slots (
	probe VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	campaign VARCHAR(80) NOT NULL, 
	verdict VARCHAR(16) NOT NULL, 
	why TEXT NOT NULL, 
	PRIMARY KEY (probe, at)
);
INSERT INTO "slots" VALUES('pay','2026-11-20 03:00:00.000000','done','c1','passed','');
INSERT INTO "slots" VALUES('pay','2026-11-20 04:00:00.000000','due','','','');
INSERT INTO "slots" VALUES('find[mobile]','2026-11-20 03:00:00.000000','due','','','');
CREATE INDEX ix_slots_at ON slots (at);
CREATE INDEX ix_slots_open ON slots (state) WHERE state in ('due', 'missing');
COMMIT;
