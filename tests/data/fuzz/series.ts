# made
@problemName Two
@timeStamps false
@classLabel true up down
@data
1,2,3:10,20,30:up
4:-5e-1:down
7,?:9,10:up
