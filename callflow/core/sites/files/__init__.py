"""Sites and contacts in a file of a spreadsheet, CSV or XLSX: columns, reading, writing."""
