# activation by forced-apart 0.1.0; draw it again with: gnuplot activation.gp
set encoding utf8
do for [kind in 'svg png'] {
reset
set datafile separator ','
set border 3 linewidth 1 linecolor rgb '#555555'
set tics nomirror out scale 0.5
if (kind eq 'svg') {
set terminal svg noenhanced size 470,640 dynamic font 'Helvetica,15' background '#ffffff'
} else {
set terminal pngcairo noenhanced size 705,960 font 'Helvetica,15' fontscale 1.5 linewidth 1.5 pointscale 1.5 background '#ffffff'
}
set output 'activation.'.kind
set palette defined (0 '#440154', 1 '#482878', 2 '#3e4a89', 3 '#31688e', 4 '#26828e', 5 '#1f9e89', 6 '#35b779', 7 '#6ece58', 8 '#b5de2b', 9 '#fde725')
set cbrange [0:2.23607]
set border 0
set tics scale 0
set ytics 8
set multiplot
set xtics norotate ('3' 0, '5' 1, '7' 2)
set lmargin at screen 0.1100
set rmargin at screen 0.7524
set xrange [-0.5:2.5]
set yrange [2.5:-0.5]
set xlabel 'hidden class'
set ylabel 'neurons, by their main class'
set colorbox
set cblabel 'samples (square-root scale)' offset 1.2,0
set cbtics (0, '0' 0, '0' 0, '1' 1, '3' 1.73205, '5' 2.23607)
set title 'run: 2 of 3 neurons'
if (kind eq 'svg') {
plot 'activation-1.csv' skip 1 using 1:2:(sqrt($3)) with image pixels notitle
}
if (kind eq 'png') {
plot 'activation-1.csv' skip 1 using 1:2:(sqrt($3)) with image notitle
}
unset multiplot
unset output
}
