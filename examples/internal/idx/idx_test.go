package idx

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// encode returns an IDX file of bytes.
func encode(magic uint32, dims []uint32, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// files returns a data set of two training images of 2×3 pixels and one test
// image.
func files() map[string][]byte {
	return map[string][]byte{
		"train-images-idx3-ubyte": encode(0x803, []uint32{2, 2, 3}, []byte{0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6}),
		"train-labels-idx1-ubyte": encode(0x801, []uint32{2}, []byte{7, 9}),
		"t10k-images-idx3-ubyte":  encode(0x803, []uint32{1, 2, 3}, []byte{9, 8, 7, 6, 5, 4}),
		"t10k-labels-idx1-ubyte":  encode(0x801, []uint32{1}, []byte{0}),
	}
}

func write(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o666))
	}
	return dir
}

func TestLoad(t *testing.T) {
	plain := files()
	gz := map[string][]byte{}
	for name, data := range plain {
		gz[name+".gz"] = zipped(t, data)
	}
	for name, files := range map[string]map[string][]byte{"plain": plain, "gz": gz} {
		t.Run(name, func(t *testing.T) {
			train, test, err := Load(write(t, files))
			require.NoError(t, err)
			require.Equal(t, 2, train.Len())
			require.Equal(t, 3, train.Width)
			require.Equal(t, 2, train.Height)
			require.Equal(t, []uint8{7, 9}, train.Labels)
			require.Equal(t, []float32{0, 0.2, 0.4, 0.6, 0.8, 1}, train.Images[:6])
			require.Equal(t, float32(6)/255, train.Images[11])
			require.Equal(t, []uint8{0}, test.Labels)
			require.Len(t, test.Images, 6)
		})
	}
}

func TestBadFiles(t *testing.T) {
	const images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
	good := files()
	for _, c := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"missing", images, nil, "has neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz"},
		{"empty", images, []byte{}, "truncated: ends within its magic number"},
		{"short magic", images, good[images][:3], "truncated: ends within its magic number"},
		{"short header", images, good[images][:13], "truncated: ends within its header"},
		{"truncated", images, good[images][:len(good[images])-1], "truncated: 11 bytes after the header, which says 12"},
		{"too long", images, append(bytes.Clone(good[images]), 0), "goes on after the 12 bytes"},
		{"labels for images", images, good[labels], "begins with 0x00000801, want 0x00000803"},
		{"images for labels", labels, good[images], "begins with 0x00000803, want 0x00000801"},
		{"floats", images, encode(0xD03, []uint32{2, 2, 3}, nil), "begins with 0x00000d03"},
		{"a gzip file without .gz", images, zipped(t, good[images]), "begins with 0x1f8b"},
		{"huge", images, encode(0x803, []uint32{1 << 30, 28, 28}, nil), "the header says more than"},
		{"huge, in one dimension", labels, encode(0x801, []uint32{1<<32 - 1}, nil), "the header says more than"},
		{"overflowing", images, encode(0x803, []uint32{1 << 31, 1 << 31, 4}, nil), "the header says more than"},
		{"overflowing behind a zero", images, encode(0x803, []uint32{0, 1<<32 - 1, 1<<32 - 1}, nil), "2 labels"},
		{"large and not there", images, encode(0x803, []uint32{1 << 20, 28, 28}, []byte{1}), "truncated: 1 bytes after the header"},
		{"no pixels", images, encode(0x803, []uint32{2, 0, 3}, nil), "has no pixels"},
		{"other number of labels", labels, encode(0x801, []uint32{3}, []byte{1, 2, 3}), "2 images, "},
		{"label", labels, encode(0x801, []uint32{2}, []byte{1, 10}), "label 1 is 10, want at most 9"},
		{"other size", images, encode(0x803, []uint32{2, 3, 2}, make([]byte, 12)), "have 2×3 pixels, test images 3×2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := files()
			all[c.file] = c.data
			if c.data == nil {
				delete(all, c.file)
			}
			_, _, err := Load(write(t, all))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestBadGzip(t *testing.T) {
	const name = "t10k-images-idx3-ubyte"
	whole := zipped(t, files()[name])
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6] ^= 1 // in the checksum
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"truncated", "truncated", whole[:len(whole)-9]},
		{"damaged", "invalid checksum", damaged},
		{"plain", "invalid header", files()[name]},
		{"empty", name + ".gz: EOF", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := files()
			delete(all, name)
			all[name+".gz"] = c.data
			_, _, err := Load(write(t, all))
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, name)
		})
	}
}

// A header that lies must not make the reader allocate what it says.
func TestNoTrustInHeader(t *testing.T) {
	lie := encode(0x803, []uint32{1 << 20, 28, 28}, []byte{1}) // 822 million bytes
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := decode(bytes.NewReader(lie), 3)
			require.Error(b, err)
		}
	}).AllocedBytesPerOp()
	require.Less(t, allocated, int64(1<<16))
}
