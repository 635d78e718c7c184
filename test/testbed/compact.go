// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Compact removes all earlier revisions from etcd. A watch that continues at an earlier revision gets 410 Gone, unless the watch cache
// of the API server still has it.
func (c *Cluster) Compact(ctx context.Context) error {
	var now struct {
		Header struct {
			Revision string `json:"revision"`
		} `json:"header"`
	}
	err := c.etcdCall(ctx, "range", map[string]any{"key": []byte("/"), "count_only": true}, &now)
	if err == nil {
		err = c.etcdCall(ctx, "compaction", map[string]any{"revision": now.Header.Revision, "physical": true}, &struct{}{})
	}
	if err != nil {
		return fmt.Errorf("testbed: cluster %s: compact etcd: %w", c.Name, err)
	}
	return nil
}

// etcdCall calls etcd's KV service through its gateway.
func (c *Cluster) etcdCall(ctx context.Context, method string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.etcdURL+"/v3/kv/"+method, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := plainClient().Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", method, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(out)
}
