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

// Shard is the part of a fleet that one of several exporters watches. The zero
// value is all of it.
type Shard struct {
	// Index is from 0 to Count-1.
	Index int
	// Count is how many shards there are; 0 means that the fleet is not divided.
	Count int
}

// maxShards bounds what it costs to find the owner of a cluster.
const maxShards = 1000

// Divided reports whether there are other shards, or could be.
func (s Shard) Divided() bool { return s.Count > 0 }

// Owns reports whether a cluster is in the shard.
func (s Shard) Owns(cluster string) bool {
	return !s.Divided() || OwnerOf(cluster, s.Count) == s.Index
}

// OwnerOf is the shard of a cluster: the one that hashes highest with its name.
// It needs no table and no agreement, and when a shard is added, clusters move
// to that one only. The hash must never change: exporters of two versions would
// watch a cluster twice, or not at all.
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

// ordinal is what a StatefulSet puts behind the names of its pods.
var ordinal = regexp.MustCompile(`-([0-9]+)$`)

// ParseShard reads i/n, or auto/n: then i is the ordinal at the end of the host
// name, which in a pod of a StatefulSet is the name of the pod.
func ParseShard(text string, hostname func() (string, error)) (Shard, error) {
	index, count, ok := strings.Cut(text, "/")
	n, err := strconv.ParseUint(count, 10, 31)
	if !ok || err != nil {
		return Shard{}, fmt.Errorf("%q: use i/n, such as 0/3 for the first of three, or auto/n", text)
	}
	if n < 1 || n > maxShards {
		return Shard{}, fmt.Errorf("%q: there can be 1 to %d shards", text, maxShards)
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
