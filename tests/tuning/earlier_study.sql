BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'isthmus');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MAXIMIZE',1,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,1,'isthmus settings','{"table": {"rows": 60, "shape": [5], "columns": [], "sha256": "01363aeb53cf498faf157d48099bdf48815bc801d014e62f74049158fd3fcda4"}, "estimator": {"class": "Autoencoder", "activation": "relu", "batch_size": "auto", "decoder_layers": null, "device": "auto", "encoder_layers": [8], "learning_rate": 0.003, "loss": "auto", "max_epochs": 4, "noise": null, "ordered": false, "patience": 30, "scale": "standard", "start": "pca", "validation_fraction": 0.1, "weight_decay": 0.1, "whiten": false}, "code size": [2, 2], "space": {"activation": ["relu", "tanh"], "batch_size": ["auto", 64, 128, 256], "layers": "1:2", "learning_rate": "0.0005:0.01", "loss": "mse", "max_epochs": "1:4", "nodes": "4:16", "noise": "none", "taper": "0.5:1.0", "weight_decay": "0.003:1"}, "loss": "mse", "objective": "error", "target variance": 0.95, "folds": 2, "test fraction": 0.2, "seed": 0}');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_heartbeats" VALUES(1,1,'2026-11-30 05:23:30');
INSERT INTO "trial_heartbeats" VALUES(2,2,'2026-11-30 05:23:30');
INSERT INTO "trial_heartbeats" VALUES(3,3,'2026-11-30 05:23:32');
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,2,4.89156003912153969359e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,4,4.89582887534245170257e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,1,8,4.89555046683351924308e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,2,2,4.8994736468185007272e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,2,4,4.89669480682436319973e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,2,8,4.89431572082499655174e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,3,8,4.89352360776805661579e-01,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'layers',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(2,1,'nodes',8.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 4, "high": 16}}');
INSERT INTO "trial_params" VALUES(3,1,'taper',1.0,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.5, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(4,1,'activation',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["relu", "tanh"]}}');
INSERT INTO "trial_params" VALUES(5,1,'learning_rate',0.003,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(6,1,'weight_decay',0.1,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.003, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(7,1,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["auto", 64, 128, 256]}}');
INSERT INTO "trial_params" VALUES(8,1,'max_epochs',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(9,2,'layers',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(10,2,'nodes',16.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 4, "high": 16}}');
INSERT INTO "trial_params" VALUES(11,2,'taper',1.0,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.5, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(12,2,'activation',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["relu", "tanh"]}}');
INSERT INTO "trial_params" VALUES(13,2,'learning_rate',0.003,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(14,2,'weight_decay',0.1,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.003, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(15,2,'batch_size',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["auto", 64, 128, 256]}}');
INSERT INTO "trial_params" VALUES(16,2,'max_epochs',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(17,3,'layers',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 2}}');
INSERT INTO "trial_params" VALUES(18,3,'nodes',16.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 4, "high": 16}}');
INSERT INTO "trial_params" VALUES(19,3,'taper',1.0,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.5, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(20,3,'activation',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["relu", "tanh"]}}');
INSERT INTO "trial_params" VALUES(21,3,'learning_rate',0.001,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0005, "high": 0.01, "log": true}}');
INSERT INTO "trial_params" VALUES(22,3,'weight_decay',0.1,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.003, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(23,3,'batch_size',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["auto", 64, 128, 256]}}');
INSERT INTO "trial_params" VALUES(24,3,'max_epochs',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'fixed_params','{"layers": 1, "nodes": 8, "taper": 1.0, "activation": "relu", "learning_rate": 0.003, "weight_decay": 0.1, "batch_size": "auto", "max_epochs": 4}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'default network','true');
INSERT INTO "trial_user_attributes" VALUES(2,1,'errors','[6.368758989047754, 4.291300645615168, 6.404503863108685, 9.449225035924846, 4.349937984175906, 8.673190219417616, 4.583648992731703, 6.829148132415132, 6.632866494329381, 9.217265833033427, 9.190356195370954, 8.82739581696606, 10.560929168444545, 11.447144526082065, 4.9378028154296745, 10.113824601104822, 9.778066683365974, 5.27440932091064, 3.069143115496584, 5.9388597952169455]');
INSERT INTO "trial_user_attributes" VALUES(3,1,'errors of splits','[66.79984618979961, 79.13793203838826]');
INSERT INTO "trial_user_attributes" VALUES(4,1,'sizes','[2]');
INSERT INTO "trial_user_attributes" VALUES(5,1,'unexplained','[0.5541853079378486]');
INSERT INTO "trial_user_attributes" VALUES(6,1,'loss','"mse"');
INSERT INTO "trial_user_attributes" VALUES(7,1,'widths','[8]');
INSERT INTO "trial_user_attributes" VALUES(8,1,'layers','[["columns", 5], ["relu", 8], ["code", 2], ["relu", 8], ["rebuilt", 5]]');
INSERT INTO "trial_user_attributes" VALUES(9,1,'epochs','[4, 4]');
INSERT INTO "trial_user_attributes" VALUES(10,1,'seconds','0.762018549000004');
INSERT INTO "trial_user_attributes" VALUES(11,2,'errors','[6.943944373161432, 3.6812318660808323, 6.150316955986342, 9.085182612788785, 4.552002145305085, 9.08142765178998, 5.089726481240277, 7.003207642822982, 7.491414661063935, 8.074178933119986, 8.999672709515707, 9.329996004628825, 10.657473569776265, 10.562908734453835, 4.633653136416438, 10.81683078597042, 9.899519536911301, 4.477510065720521, 3.2172963426197136, 5.7384178481288295]');
INSERT INTO "trial_user_attributes" VALUES(12,2,'errors of splits','[67.15263332335964, 78.33327873414186]');
INSERT INTO "trial_user_attributes" VALUES(13,2,'sizes','[2]');
INSERT INTO "trial_user_attributes" VALUES(14,2,'unexplained','[0.5524693876601189]');
INSERT INTO "trial_user_attributes" VALUES(15,2,'loss','"mse"');
INSERT INTO "trial_user_attributes" VALUES(16,2,'widths','[16, 16]');
INSERT INTO "trial_user_attributes" VALUES(17,2,'layers','[["columns", 5], ["tanh", 16], ["tanh", 16], ["code", 2], ["tanh", 16], ["tanh", 16], ["rebuilt", 5]]');
INSERT INTO "trial_user_attributes" VALUES(18,2,'epochs','[4, 4]');
INSERT INTO "trial_user_attributes" VALUES(19,2,'seconds','1.6955822179997995');
INSERT INTO "trial_user_attributes" VALUES(20,3,'errors','[6.368691665526114, 4.292107901193868, 6.43849929435009, 9.410228978551915, 4.3899781734288315, 8.623714501697807, 4.542354989301402, 6.828033510701953, 6.54954566676507, 9.331015160008938, 9.219987918504609, 8.836752192665013, 10.577415684262945, 11.475199705584005, 4.93387323059532, 10.108934068801473, 9.858896853206577, 5.316041059514205, 3.04096488347563, 5.940174090581214]');
INSERT INTO "trial_user_attributes" VALUES(21,3,'errors of splits','[66.77416984152599, 79.30823968719098]');
INSERT INTO "trial_user_attributes" VALUES(22,3,'sizes','[2]');
INSERT INTO "trial_user_attributes" VALUES(23,3,'unexplained','[0.5547345320167285]');
INSERT INTO "trial_user_attributes" VALUES(24,3,'loss','"mse"');
INSERT INTO "trial_user_attributes" VALUES(25,3,'widths','[16, 16]');
INSERT INTO "trial_user_attributes" VALUES(26,3,'layers','[["columns", 5], ["relu", 16], ["relu", 16], ["code", 2], ["relu", 16], ["relu", 16], ["rebuilt", 5]]');
INSERT INTO "trial_user_attributes" VALUES(27,3,'epochs','[1, 1]');
INSERT INTO "trial_user_attributes" VALUES(28,3,'seconds','0.686395590000302');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,4.45814692062151407547e-01,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,4.47530612339881117556e-01,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,4.45265467983271490126e-01,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-30 05:23:29.461979','2026-11-30 05:23:30.354433');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-30 05:23:30.425359','2026-11-30 05:23:32.216664');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-11-30 05:23:32.334203','2026-11-30 05:23:33.137561');
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;
