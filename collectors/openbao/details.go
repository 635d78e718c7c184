// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretflow"
)

// detail is something that is asked at its own, slower pace.
type detail struct {
	name     string
	interval time.Duration
	// endpoints are what cannot be asked while nobody leads.
	endpoints func() []string
	ask       func(ctx context.Context, d *detailRound)
	public    bool // needs no token
	pki       bool // is about the PKI mounts whose issuers are known
	// begin is called before each turn and what it returns after it; stale says that
	// something else is to be asked than in the last one. Nil if that cannot be.
	begin func() (end func())
	stale func() bool
	wake  chan struct{}
}

// detailRound is one turn of a detail: what it asks with, and what it has brought.
type detailRound struct {
	*instance

	asker    asker
	token    string
	mounts   *mountTable
	pki      pkiFacts
	rows     []func(*exposition.Rows)
	failures probe.Failures
	locked   bool // there is no token, which the login tells
	unknown  bool // nobody has found out yet which PKI mounts there are
	stored   map[secretflow.Path]secretflow.Stored
}

func (d *detailRound) add(f *exposition.Family, v float64, values ...string) {
	d.rows = append(d.rows, func(r *exposition.Rows) { r.Add(f, v, values...) })
}

func (d *detailRound) time(f *exposition.Family, t time.Time, values ...string) {
	d.rows = append(d.rows, func(r *exposition.Rows) { r.Time(f, t, values...) })
}

// wanted are the details that the configuration asks for.
func (i *instance) wanted() []*detail {
	var all []*detail
	add := func(name string, interval config.Duration, ask func(context.Context, *detailRound), endpoints func() []string) {
		all = append(all, &detail{
			name: name, interval: time.Duration(interval), endpoints: endpoints, ask: ask, wake: make(chan struct{}, 1),
		})
	}
	ofEachPKI := func(e endpoint) func() []string {
		return func() (names []string) {
			for _, mount := range i.pkiMounts(nil) {
				names = append(names, e.at("", "mount", mount).name)
			}
			return names
		}
	}
	add("revocation lists", i.Details.Interval, askCRLs, ofEachPKI(pkiCRL))
	all[0].public, all[0].pki = true, true
	if !i.credentials.enabled() {
		return all
	}
	recorded := i.credentials.recorded // a snapshot shows what it has
	if i.Details.Audit || recorded {
		add("audit devices", i.Details.Interval, askAudit, func() []string { return []string{sysAudit.path} })
	}
	if i.Details.Certificates || recorded {
		add("certificates", i.Details.Interval, askCertificates, ofEachPKI(pkiDetailed))
		all[len(all)-1].pki = true
	}
	if i.Details.Tidy || recorded {
		add("tidy", i.Details.Interval, askTidy, ofEachPKI(pkiTidy))
		all[len(all)-1].pki = true
	}
	if i.flow != nil {
		add(flowDetail, i.flowPace, askFlow, func() []string { return nil })
		all[len(all)-1].begin, all[len(all)-1].stale = i.beginFlow, i.flowStale
	}
	if i.KV != nil {
		for _, mount := range i.KV.Mounts {
			add("secrets of "+mount, i.KV.Interval, func(ctx context.Context, d *detailRound) { askKV(ctx, d, mount) },
				func() []string { return []string{kvMetadataList.at("", "mount", mount).name} })
		}
	}
	return all
}

// askDetail asks for a detail when it is due, after a round about the cluster. What
// was not answered is asked for again, at once if nobody was there to answer, and
// otherwise ever more slowly: a turn may be a thousand requests.
func (i *instance) askDetail(ctx context.Context, d *detail) {
	var due time.Time
	pause := time.Duration(i.Interval)
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		}
		a, err := i.active()
		if err == nil && time.Now().Before(due) && (d.stale == nil || !d.stale()) {
			i.settle(d)
			continue
		}
		end := func() {}
		if d.begin != nil {
			end = d.begin()
		}
		turn := i.askDetailOnce(ctx, d, a, err)
		if ctx.Err() != nil {
			return
		}
		end()
		switch {
		case err != nil || turn.locked || turn.unknown || passing(turn.failures):
			due, pause = time.Time{}, time.Duration(i.Interval)
		case len(turn.failures) > 0 || d.pki && turn.pki.partial:
			due = time.Now().Add(pause)
			pause = min(2*pause, d.interval)
		default:
			due, pause = time.Now().Add(d.interval), time.Duration(i.Interval)
		}
		i.settle(d)
	}
}

// settle notes that a detail has had its turn, if the cluster had its own.
func (i *instance) settle(d *detail) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.settled[d.name] = i.settled[d.name] || i.settled["cluster"]
}

// askDetailOnce asks for a detail and replaces its rows.
func (i *instance) askDetailOnce(ctx context.Context, d *detail, a asker, err error) *detailRound {
	i.mu.Lock()
	turn := &detailRound{instance: i, asker: a, token: i.token, mounts: i.mounts, pki: i.pki}
	i.mu.Unlock()
	turn.locked = !d.public && turn.token == "" && !i.credentials.recorded
	turn.unknown = d.pki && !turn.pki.known
	switch {
	case err != nil:
		for _, name := range d.endpoints() {
			turn.failures.Skip(name, err)
		}
	case !turn.locked && !turn.unknown:
		ctx, cancel := context.WithTimeout(ctx, d.interval)
		defer cancel()
		d.ask(ctx, turn)
	}
	if ctx.Err() != nil { // we are stopping
		return turn
	}
	if i.flow != nil && d.name == flowDetail {
		i.flow.SetStored(i.Name, turn.stored)
	}
	i.Note(d.name, turn.failures)
	i.detailRows.Set(d.name, i.rowsOf(i.detailRows), func(r *exposition.Rows) {
		for _, row := range turn.rows {
			row(r)
		}
		failureRows(r, turn.failures, i.Name, "")
	})
	return turn
}

// passing says whether the last failure is that of a cluster that is changing.
func passing(fs probe.Failures) bool {
	if len(fs) == 0 {
		return false
	}
	why := fs[len(fs)-1].Reason()
	return why == ReasonNoLeader || why == ReasonSealed
}

func askCRLs(ctx context.Context, d *detailRound) {
	for _, m := range d.pki.mounts {
		for _, id := range m.list.Keys {
			if m.list.Info[id].KeyID == "" {
				continue // it has no list, and to ask for one is an error 500
			}
			r := pkiCRL.at("", "mount", m.mount, "issuer", id)
			body, err := askWithin[crlData](ctx, d.instance, d.asker, r)
			if err != nil {
				d.failures.Add(r.name, err)
				continue
			}
			this, next, err := parseCRL(body)
			if err != nil {
				d.failures.Add(r.name, err)
				continue
			}
			d.time(crlThisUpdate, this, d.Name, m.mount, id)
			d.time(crlNextUpdate, next, d.Name, m.mount, id)
		}
	}
}

// auditTable is the data of sys/audit.
type auditTable map[string]struct {
	Type string `json:"type"`
}

func askAudit(ctx context.Context, d *detailRound) {
	r := sysAudit.at(d.token)
	devices, err := askWithin[auditTable](ctx, d.instance, d.asker, r)
	if err != nil {
		d.failures.Add(r.name, err)
		return
	}
	count := map[string]int{}
	for _, device := range devices {
		count[device.Type]++
	}
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		d.add(auditDevices, float64(count[kind]), d.Name, kind)
	}
	if len(devices) == 0 {
		d.add(auditDevices, 0, d.Name, "")
	}
}

// certificatePage is the data of pki/certs/detailed.
type certificatePage struct {
	Keys []string `json:"keys"`
	Info map[string]struct {
		NotAfter time.Time `json:"not_after"`
	} `json:"key_info"`
}

const (
	// pageSize is how many certificates are asked for at a time.
	pageSize = 1000
	// maxPages bounds how many certificates of a mount are looked at.
	maxPages = 200
)

// askCertificates looks at the certificates that a mount has issued. Its own CA
// certificates are among them and do not count.
func askCertificates(ctx context.Context, d *detailRound) {
	for _, m := range d.pki.mounts {
		own := map[string]bool{}
		for _, info := range m.list.Info {
			own[info.Serial] = true
		}
		count, first, now := map[string]int{}, time.Time{}, d.now()
		r := pkiDetailed.at(d.token, "mount", m.mount)
		var err error
		for after, page := "", 0; page < maxPages; page++ {
			r.params = map[string][]string{"limit": {strconv.Itoa(pageSize)}}
			if after != "" {
				r.params["after"] = []string{after}
			}
			var got certificatePage
			if got, err = askWithin[certificatePage](ctx, d.instance, d.asker, r); err != nil {
				break
			}
			last := after
			if n := len(got.Keys); n > 0 {
				// Serial numbers are shown with colons, and stored and compared with dashes.
				last = strings.ReplaceAll(got.Keys[n-1], ":", "-")
			}
			if last == after {
				break // nothing, or the same again: a snapshot has no pages
			}
			for serial, c := range got.Info {
				switch {
				case own[serial]:
				case c.NotAfter.Before(now):
					count["expired"]++
				default:
					count["valid"]++
					if first.IsZero() || c.NotAfter.Before(first) {
						first = c.NotAfter
					}
				}
			}
			if len(got.Keys) < pageSize {
				break
			}
			after = last
		}
		if err != nil {
			d.failures.Add(r.name, err)
			continue
		}
		for _, s := range []string{"valid", "expired"} {
			d.add(certificates, float64(count[s]), d.Name, m.mount, s)
		}
		d.time(certificateFirst, first, d.Name, m.mount)
	}
}

// tidyData is the data of pki/tidy-status. The time is null until there is one, and
// it is also that of a failure. There is last_auto_tidy_finished, too, which is the
// time of a start.
type tidyData struct {
	State    string     `json:"state"`
	Finished *time.Time `json:"time_finished"`
}

func askTidy(ctx context.Context, d *detailRound) {
	for _, m := range d.pki.mounts {
		r := pkiTidy.at(d.token, "mount", m.mount)
		got, err := askWithin[tidyData](ctx, d.instance, d.asker, r)
		if err != nil {
			d.failures.Add(r.name, err)
			continue
		}
		d.add(tidyState, 1, d.Name, m.mount, got.State)
		if got.Finished != nil && got.State == "Finished" {
			d.time(tidyFinished, *got.Finished, d.Name, m.mount)
		}
	}
}
