"""A Genesys Cloud org on one machine: outbound contact lists, contacts, CSV import and export."""
