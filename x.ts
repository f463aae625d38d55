@problemName t
@timeStamps false
@classLabel true 1 2
@data
1,2:1
1,3:2
  
	
