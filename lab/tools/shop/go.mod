module kubewire.io/lab/shop

go 1.26
