//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clusterView is the state of a cluster in one scrape.
type clusterView struct {
	rows                       map[string]string // by kind
	up                         bool
	failing                    string
	watches                    map[string]bool // the reasons
	synced                     int
	lastContact, firstOfEvents time.Time
}

var timeRow = regexp.MustCompile(`(?m)^(\w+_timestamp_seconds\{.*\}) (\S+)$`)

// labelOf returns the value that follows a prefix such as `,kind="`. Under the race detector
// a regular expression took a third of the CPU of the whole test.
func labelOf(line, prefix string) (value string, ok bool) {
	_, rest, ok := strings.Cut(line, prefix)
	value, _, _ = strings.Cut(rest, `"`)
	return value, ok
}

// viewOf sorts the lines of a body by cluster, and removes the name of the cluster from them.
func viewOf(body string) map[string]clusterView {
	views, rows := map[string]clusterView{}, map[[2]string][]string{}
	for line := range strings.Lines(body) {
		cluster, ok := labelOf(line, `{cluster="`)
		if !ok {
			continue
		}
		v, ok := views[cluster]
		if !ok {
			v = clusterView{rows: map[string]string{}, watches: map[string]bool{}}
		}
		name, _, _ := strings.Cut(line, "{")
		value := strings.TrimSpace(line[strings.LastIndexByte(line, ' '):])
		switch {
		case name == "cobaltcore_cluster_up":
			v.up = value == "1"
		case name == "cobaltcore_cluster_failing":
			v.failing, _ = labelOf(line, `,reason="`)
		case name == "cobaltcore_watch_failing":
			reason, _ := labelOf(line, `,reason="`)
			v.watches[reason] = true
		case name == "cobaltcore_watch_synced" && value == "1":
			v.synced++
		case name == "cobaltcore_cluster_last_contact_timestamp_seconds":
			v.lastContact = timeOf(value)
		case name == "cobaltcore_watch_last_event_timestamp_seconds":
			if at := timeOf(value); v.firstOfEvents.IsZero() || at.Before(v.firstOfEvents) {
				v.firstOfEvents = at
			}
		case name == "cobaltcore_flux_resource_source_missing": // follows from another kind
		case strings.HasPrefix(name, "flux_"), strings.HasPrefix(name, "cobaltcore_flux_"):
			kind, ok := labelOf(line, `,kind="`)
			if !ok {
				kind = name
			}
			at := [2]string{cluster, kind}
			rows[at] = append(rows[at], strings.ReplaceAll(line, `cluster="`+cluster+`"`, `cluster=""`))
		}
		views[cluster] = v
	}
	for at, lines := range rows {
		slices.Sort(lines) // their order is that of arrival, and of the name
		views[at[0]].rows[at[1]] = strings.Join(lines, "")
	}
	return views
}

func timeOf(value string) time.Time {
	seconds, _ := strconv.ParseFloat(value, 64)
	return time.UnixMilli(int64(seconds * 1000))
}

func anHourLater(rows string) string {
	return timeRow.ReplaceAllStringFunc(rows, func(row string) string {
		m := timeRow.FindStringSubmatch(row)
		seconds, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return row
		}
		return m[1] + " " + strconv.FormatFloat(seconds+3600, 'f', -1, 64)
	})
}
