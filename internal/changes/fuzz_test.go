// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package changes

import (
	"net/url"
	"testing"
	"time"
)

// FuzzParseQuery parses any query. Its filters are those of the next page, too.
func FuzzParseQuery(f *testing.F) {
	f.Add("since=2h&type=failed&limit=3&next=1z&cluster=a,b")
	f.Add("since=292y&limit=-1")
	f.Add("since=9999-12-31T23:59:59Z&next=zzzzzzzzzzzzz")
	f.Fuzz(func(t *testing.T, text string) {
		values, _ := url.ParseQuery(text)
		now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
		q, err := ParseQuery(values, now)
		if err != nil {
			return
		}
		if q.Limit < 1 || q.Limit > MaxLimit {
			t.Errorf("limit %d", q.Limit)
		}
		again, err := ParseQuery(q.Values(), now)
		if err != nil || again.Cluster != q.Cluster || again.Text != q.Text || !again.since.Equal(q.since) {
			t.Errorf("%+v becomes %+v, %v", q, again, err)
		}
	})
}
