module sitelift/bench/s3

go 1.22
