"""What the bank sends back: status reports and statements, and how they match what was paid."""
