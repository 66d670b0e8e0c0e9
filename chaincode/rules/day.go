package rules

import (
	"cmp"
	_ "embed"
	"fmt"
	"time"
)

// The time zone is part of the source, so that all organisations count days alike whatever is installed on their machines. To update it:
// unzip -p "$(go env GOROOT)/lib/time/zoneinfo.zip" Europe/Amsterdam > rules/europe_amsterdam.tzif
//
//go:embed europe_amsterdam.tzif
var zoneData []byte

var amsterdam = loadZone()

const dayLayout = "2006-01-02"

// Day is a calendar day in Europe/Amsterdam, as YYYY-MM-DD. Days compare as strings; "" is before all of them.
type Day string

// CheckDay refuses anything but a calendar date from 2000 to 2199.
func CheckDay(member string, day Day) error {
	date, err := time.Parse(dayLayout, string(day))
	if err != nil || date.Year() < 2000 || date.Year() > 2199 {
		return Refuse(InvalidDate, Details{"member": member, "value": Excerpt(string(day))},
			"%s is %q: give a date as YYYY-MM-DD, from 2000 to 2199", member, Excerpt(string(day)))
	}
	return nil
}

// DayOf returns the day in Amsterdam of an instant in Unix seconds.
func DayOf(instant Number) Day {
	return Day(time.Unix(int64(instant), 0).In(amsterdam).Format(dayLayout))
}

// Next returns the day after.
func (d Day) Next() Day {
	return d.Plus(1)
}

// Plus returns the day that many days later.
func (d Day) Plus(days Number) Day {
	return Day(d.date().AddDate(0, 0, int(days)).Format(dayLayout))
}

// Start returns the first instant of the day, in Unix seconds.
func (d Day) Start() Number {
	return Number(d.date().Unix())
}

// BookingDay returns the day that a payment of this instant is booked on: its calendar day, or the day after the last closed one
// when that is later.
func BookingDay(now Number, closedUntil Day) Day {
	if today := DayOf(now); today > closedUntil {
		return today
	}
	return closedUntil.Next()
}

// CheckClosable refuses to close a day that lies ahead or that has been closed.
func CheckClosable(day, closedUntil Day, now Number) error {
	today := DayOf(now)
	if day > today || day <= closedUntil {
		return Refuse(DayNotClosable, Details{"day": day, "today": today, "closed_until": closedUntil},
			"%s cannot be closed: give a day after the last closed day (%s) and no later than today (%s)", day, cmp.Or(closedUntil, "none"), today)
	}
	return nil
}

func (d Day) date() time.Time {
	date, err := time.ParseInLocation(dayLayout, string(d), amsterdam)
	if err != nil {
		panic(fmt.Sprintf("a stored day is not a date: %q", string(d)))
	}
	return date
}

func loadZone() *time.Location {
	zone, err := time.LoadLocationFromTZData("Europe/Amsterdam", zoneData)
	if err != nil {
		panic(fmt.Sprintf("rules/europe_amsterdam.tzif: %v", err))
	}
	return zone
}
