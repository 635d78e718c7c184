// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Shard is the part of a fleet that one of several exporters watches. The zero value is the whole fleet.
type Shard struct {
	// Index is from 0 to Count-1.
	Index int
	// Count is the number of shards; 0 means that the fleet is not divided.
	Count int
}

// maxShards limits the cost of computing the owner of a cluster.
const maxShards = 1000

// Divided reports whether the fleet is divided into shards.
func (s Shard) Divided() bool { return s.Count > 0 }

// Owns reports whether a cluster is in the shard.
func (s Shard) Owns(cluster string) bool {
	return !s.Divided() || OwnerOf(cluster, s.Count) == s.Index
}

// OwnerOf returns the shard of a cluster by rendezvous hashing: the shard for which the hash of the cluster and the shard is
// highest. It needs no coordination, and if a shard is added, clusters move only to that shard. The hash must never change.
// Otherwise, two exporters of different versions would both watch a cluster, or neither would.
func OwnerOf(cluster string, count int) int {
	owner, highest := 0, uint64(0)
	for i := range count {
		sum := sha256.Sum256([]byte(cluster + " " + strconv.Itoa(i)))
		if weight := binary.BigEndian.Uint64(sum[:]); weight > highest {
			owner, highest = i, weight
		}
	}
	return owner
}

// ordinal matches the ordinal that a StatefulSet appends to the names of its pods.
var ordinal = regexp.MustCompile(`-([0-9]+)$`)

// ParseShard parses i/n or auto/n. With auto, i is the ordinal at the end of the host name, which is the name of the
// pod in a StatefulSet.
func ParseShard(text string, hostname func() (string, error)) (Shard, error) {
	index, count, ok := strings.Cut(text, "/")
	n, err := strconv.ParseUint(count, 10, 31)
	if !ok || err != nil {
		return Shard{}, fmt.Errorf("%q: use i/n, such as 0/3 for the first of three, or auto/n", text)
	}
	if n < 1 || n > maxShards {
		return Shard{}, fmt.Errorf("%q: the number of shards must be between 1 and %d", text, maxShards)
	}
	from := ""
	if index == "auto" {
		host, err := hostname()
		if err != nil {
			return Shard{}, fmt.Errorf("%q: host name: %w", text, err)
		}
		host, _, _ = strings.Cut(host, ".")
		found := ordinal.FindStringSubmatch(host)
		if found == nil {
			return Shard{}, fmt.Errorf("%q: the host name %q does not end in an ordinal, as those of a StatefulSet's pods do: use i/%d", text, host, n)
		}
		index, from = found[1], fmt.Sprintf(" (from the host name %q)", host)
	}
	i, err := strconv.ParseUint(index, 10, 31)
	if err != nil {
		return Shard{}, fmt.Errorf("%q: use i/n, such as 0/3 for the first of three, or auto/n", text)
	}
	if i >= n {
		return Shard{}, fmt.Errorf("%q: there is no shard %d%s: of %d shards, the first is 0 and the last %d", text, i, from, n, n-1)
	}
	return Shard{Index: int(i), Count: int(n)}, nil
}
