package rules

import (
	"testing"
	"time"
)

func instant(t *testing.T, text string) Number {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return Number(moment.Unix())
}

func TestDaysAreThoseOfAmsterdam(t *testing.T) {
	for _, test := range []struct {
		at  string
		day Day
	}{
		{"2026-12-31T22:59:59Z", "2026-12-31"}, {"2026-12-31T23:00:00Z", "2027-01-01"},
		{"2026-07-01T21:59:59Z", "2026-07-01"}, {"2026-07-01T22:00:00Z", "2026-07-02"},
		{"2026-03-29T00:59:59Z", "2026-03-29"}, {"2026-10-24T21:59:59Z", "2026-10-24"}, {"2026-10-25T22:59:59Z", "2026-10-25"},
		{"2050-07-01T22:00:00Z", "2050-07-02"},
	} {
		if day := DayOf(instant(t, test.at)); day != test.day {
			t.Errorf("%s is on %s, not %s", test.at, test.day, day)
		}
	}
}

func TestDaysFollowAndStart(t *testing.T) {
	for day, next := range map[Day]Day{
		"2026-03-28": "2026-03-29", "2026-03-29": "2026-03-30", "2026-10-25": "2026-10-26", "2028-02-28": "2028-02-29", "2026-12-31": "2027-01-01",
	} {
		if day.Next() != next {
			t.Errorf("after %s comes %s, not %s", day, next, day.Next())
		}
	}
	if start := Day("2026-07-01").Start(); start != instant(t, "2026-06-30T22:00:00Z") {
		t.Errorf("a summer's day starts at %d", start)
	}
}

func TestDatesAreStrict(t *testing.T) {
	for _, day := range []Day{"2000-01-01", "2026-01-01", "2028-02-29", "2199-12-31"} {
		expect(t, "", CheckDay("day", day))
	}
	for _, day := range []Day{
		"", "2026-1-1", "2026-02-29", "2026-13-01", "01-01-2026", "2026-01-01T00:00:00Z", "2026/01/01", "1999-12-31", "2200-01-01", "20260101", " 2026-01-01",
	} {
		expect(t, InvalidDate, CheckDay("day", day))
	}
}

func TestBookingDays(t *testing.T) {
	noon := instant(t, "2026-03-10T11:00:00Z")
	for closed, want := range map[Day]Day{"": "2026-03-10", "2026-03-09": "2026-03-10", "2026-03-10": "2026-03-11", "2026-03-12": "2026-03-13"} {
		if day := BookingDay(noon, closed); day != want {
			t.Errorf("closed until %q books on %s, not %s", closed, want, day)
		}
	}
	for _, test := range []struct {
		day, closed Day
		code        Code
	}{
		{"2026-03-10", "", ""}, {"2026-03-10", "2026-03-09", ""}, {"2026-03-01", "", ""},
		{"2026-03-11", "", DayNotClosable}, {"2026-03-10", "2026-03-10", DayNotClosable}, {"2026-03-08", "2026-03-09", DayNotClosable},
	} {
		expect(t, test.code, CheckClosable(test.day, test.closed, noon))
	}
}

func TestStoredDaysThatAreNoneAreDefects(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("it passed for a day")
		}
	}()
	Day("never").Next()
}
