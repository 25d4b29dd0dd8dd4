// Command zones prints moments in zones with transitions, rules and neither.
package main

import (
	"fmt"
	"time"
	_ "time/tzdata"
)

//go:noinline
func at(t time.Time) { fmt.Println(t.Format(time.RFC3339Nano)) }

func main() {
	zones := []*time.Location{time.UTC, time.FixedZone("", -12345*60/100), time.FixedZone("X", 5*3600+1800)}
	for _, name := range []string{"America/Mazatlan", "America/New_York", "Europe/Dublin", "Australia/Sydney", "Asia/Kathmandu", "Africa/Casablanca", "America/Godthab"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		zones = append(zones, zone)
	}
	for _, zone := range zones {
		for _, seconds := range []int64{-5000000000, 0, 233416800, 1654592584, 1679187600, 1679191200, 1710054000, 4102444800, 4118000000} {
			at(time.Unix(seconds, seconds%7*1000).In(zone))
		}
	}
	at(time.Time{})
}
