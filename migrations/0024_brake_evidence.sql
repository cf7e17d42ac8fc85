-- How many orders had ended within the hour before the provider's brake engaged, and how many of them badly.
ALTER TABLE providers ADD COLUMN brake_evidence TEXT CHECK (json_valid(brake_evidence));
