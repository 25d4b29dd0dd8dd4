// Command clock formats fixed times and checks that the clock runs; it never prints the present time.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.Date(2024, time.February, 29, 13, 4, 5, 678900000, time.UTC)
	for _, layout := range []string{time.RFC3339Nano, time.RFC1123, time.Kitchen, "2006-01-02 15:04:05.000", "Jan _2 Mon"} {
		fmt.Println(t.Format(layout))
	}
	fmt.Println(t.Unix(), t.UnixNano(), t.YearDay(), t.Weekday(), t.AddDate(1, 0, 0).Format("2006-01-02"))
	year, week := t.ISOWeek()
	fmt.Println(year, week, t.Truncate(time.Hour).Format("15:04:05"), t.Round(time.Second).Second())
	p, err := time.Parse("2006-01-02 15:04 -0700", "1999-12-31 23:59 +0530")
	fmt.Println(p.UTC(), err, t.Sub(p).Round(time.Hour))
	_, err = time.Parse(time.RFC3339, "not a time")
	fmt.Println(err)
	d, err := time.ParseDuration("1h15m30.918s")
	fmt.Println(d, err, d.Minutes(), time.Duration(1500)*time.Microsecond)
	zone := time.FixedZone("X", -3*3600)
	fmt.Println(t.In(zone), t.Equal(t.In(zone)))

	a := time.Now()
	time.Sleep(time.Millisecond)
	b := time.Now()
	fmt.Println("runs", b.After(a), b.Sub(a) >= time.Millisecond, b.Sub(a) < time.Minute, a.Year() >= 2020, time.Until(a) < 0)
}
