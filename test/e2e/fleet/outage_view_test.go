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

// clusterView is what one scrape shows of a cluster.
type clusterView struct {
	rows                       map[string]string // by kind
	up                         bool
	failing                    string
	watches                    map[string]bool // the reasons
	synced                     int
	lastContact, firstOfEvents time.Time
}

var (
	ownLabel  = regexp.MustCompile(`\bcluster="([^"]*)"`)
	kindLabel = regexp.MustCompile(`,kind="([^"]*)"`)
	why       = regexp.MustCompile(`,reason="([^"]*)"`)
	timeRow   = regexp.MustCompile(`(?m)^(\w+_timestamp_seconds\{.*\}) (\S+)$`)
)

// viewOf sorts the lines of a body by cluster, whose name it takes out of them.
func viewOf(body string) map[string]clusterView {
	views, rows := map[string]clusterView{}, map[[2]string][]string{}
	for line := range strings.Lines(body) {
		m := ownLabel.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		cluster := m[1]
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
			v.failing = why.FindStringSubmatch(line)[1]
		case name == "cobaltcore_watch_failing":
			v.watches[why.FindStringSubmatch(line)[1]] = true
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
			kind := kindLabel.FindStringSubmatch(line)
			if kind == nil {
				kind = []string{"", name}
			}
			at := [2]string{cluster, kind[1]}
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
