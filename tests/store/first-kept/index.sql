BEGIN TRANSACTION;
CREATE TABLE about (
	name VARCHAR(40) NOT NULL, 
	value VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_about PRIMARY KEY (name)
);
INSERT INTO "about" VALUES('version','1');
CREATE TABLE campaigns (
	id VARCHAR(80) NOT NULL, 
	CONSTRAINT pk_campaigns PRIMARY KEY (id)
);
INSERT INTO "campaigns" VALUES('20261120T030000Z-11e1');
INSERT INTO "campaigns" VALUES('20261120T040000Z-0da4');
CREATE TABLE latest (
	id VARCHAR(120) NOT NULL, 
	campaign VARCHAR(80) NOT NULL, 
	folder VARCHAR(120) NOT NULL, 
	journey VARCHAR(200) NOT NULL, 
	"row" VARCHAR(200) NOT NULL, 
	env VARCHAR(200) NOT NULL, 
	verdict VARCHAR(16) NOT NULL, 
	why TEXT NOT NULL, 
	started DATETIME NOT NULL, 
	took FLOAT NOT NULL, 
	wall FLOAT NOT NULL, 
	flaky BOOLEAN NOT NULL, 
	measures JSON NOT NULL, 
	CONSTRAINT pk_latest PRIMARY KEY (journey, "row", env)
);
INSERT INTO "latest" VALUES('1-1','20261120T040000Z-0da4','pay','pay','','live','failed','','2026-11-20 04:00:00.000000',2.0,0.5,0,'{}');
CREATE TABLE runs (
	id VARCHAR(120) NOT NULL, 
	campaign VARCHAR(80) NOT NULL, 
	folder VARCHAR(120) NOT NULL, 
	journey VARCHAR(200) NOT NULL, 
	"row" VARCHAR(200) NOT NULL, 
	env VARCHAR(200) NOT NULL, 
	verdict VARCHAR(16) NOT NULL, 
	why TEXT NOT NULL, 
	started DATETIME NOT NULL, 
	took FLOAT NOT NULL, 
	wall FLOAT NOT NULL, 
	flaky BOOLEAN NOT NULL, 
	measures JSON NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (campaign, folder)
);
INSERT INTO "runs" VALUES('0-1','20261120T030000Z-11e1','pay','pay','','live','passed','','2026-11-20 03:00:00.000000',2.0,0.5,0,'{}');
INSERT INTO "runs" VALUES('1-1','20261120T040000Z-0da4','pay','pay','','live','failed','','2026-11-20 04:00:00.000000',2.0,0.5,0,'{}');
CREATE INDEX ix_runs_id ON runs (id);
CREATE INDEX ix_runs_journey_row_env_started ON runs (journey, "row", env, started);
COMMIT;
